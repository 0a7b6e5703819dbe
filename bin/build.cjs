/**
 * Builds dist/ (also `npm run build`). The compiler writes into a folder of its own, which then takes the place of dist/ by rename, so no
 * process ever runs half a build. A lock file keeps two builds from doing the same work; should it fail to (a lock left by a dead process,
 * another machine), both builds are whole and the later one is dropped.
 */
'use strict';

const { spawnSync } = require('child_process');
const fs = require('fs');
const path = require('path');
const { fingerprint, isFresh } = require('./fingerprint.cjs');

/** A lock older than this was left behind, whatever its process id says. */
const LOCK_MAX_AGE_MS = 5 * 60000;
const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS']);

/** @returns {{status: 'built'} | {status: 'failed' | 'impossible', reason: string}} */
function build(root) {
  let compiler;
  try {
    compiler = require.resolve('typescript/lib/tsc.js', { paths: [root] });
  } catch {
    return { status: 'impossible', reason: 'the compiler is not installed: run `npm ci`' };
  }
  const lock = path.join(root, 'dist.lock');
  try {
    acquire(lock);
  } catch (error) {
    if (!UNWRITABLE.has(error.code)) throw error;
    return { status: 'impossible', reason: root + ' cannot be written' };
  }
  try {
    if (isFresh(root)) return { status: 'built' };
    process.stderr.write('navledger: building, once for these sources ...\n');
    return compile(root, compiler);
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

/** Waits until the lock is ours. */
function acquire(lock) {
  for (;;) {
    try {
      fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isAbandoned(lock)) fs.rmSync(lock, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  }
}

function isAbandoned(lock) {
  try {
    const age = Date.now() - fs.statSync(lock).mtimeMs;
    const pid = Number(fs.readFileSync(lock, 'utf8'));
    if (!pid) return age > 1000; // created and not yet written
    return age > LOCK_MAX_AGE_MS || !isAlive(pid);
  } catch (error) {
    if (error.code === 'ENOENT') return false; // released this moment
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}

function compile(root, compiler) {
  for (const name of fs.readdirSync(root)) {
    const leftover = /^dist\.(\d+)(\.old)?$/.exec(name);
    if (leftover && !isAlive(Number(leftover[1]))) fs.rmSync(path.join(root, name), { recursive: true, force: true });
  }
  const dist = path.join(root, 'dist');
  const fresh = path.join(root, 'dist.' + process.pid);
  const sources = fingerprint(root); // before the compiler reads them: an edit meanwhile makes the stamp stale, as it should
  const run = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', fresh], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (run.status !== 0) {
    fs.rmSync(fresh, { recursive: true, force: true });
    return { status: 'failed', reason: (run.stdout + run.stderr).trim() || String(run.error || 'the compiler was killed') };
  }
  fs.writeFileSync(path.join(fresh, '.stamp'), sources);
  replace(dist, fresh);
  return { status: 'built' };
}

/** Puts `fresh` where `dist` is. */
function replace(dist, fresh) {
  const old = fresh + '.old';
  for (const [from, to] of [
    [dist, old],
    [fresh, dist],
  ]) {
    try {
      fs.renameSync(from, to);
    } catch (error) {
      // Another build was as quick: its dist stands, ours goes.
      if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
    }
  }
  for (const left of [old, fresh]) fs.rmSync(left, { recursive: true, force: true });
}

module.exports = { build };

if (require.main === module) {
  const outcome = build(path.resolve(__dirname, '..'));
  if (outcome.status !== 'built') {
    process.stderr.write('navledger: no build: ' + outcome.reason + '\n');
    process.exitCode = 1;
  }
}
