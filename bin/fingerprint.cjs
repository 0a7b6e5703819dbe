/**
 * Whether dist/ was built from the sources as they are: the stamp that a successful build leaves behind lists every source with its size
 * and modification time, and is compared as text. An edit, a new, a removed and an older file that took another's place all show. Contents
 * are not read: this runs at every start.
 */
'use strict';

const fs = require('fs');
const path = require('path');

const FOLDERS = ['apps', 'libs'];
const FILES = ['package-lock.json', 'tsconfig.build.json', 'tsconfig.json'];

/** One line a source file, in a fixed order. Tests are no sources. */
function fingerprint(root) {
  const lines = [];
  const add = (file) => {
    const stat = fs.statSync(path.join(root, file), { throwIfNoEntry: false });
    if (stat) lines.push(file + ' ' + stat.size + ' ' + Math.floor(stat.mtimeMs));
  };
  const walk = (folder) => {
    const entries = fs.readdirSync(path.join(root, folder), { withFileTypes: true });
    for (const entry of entries) {
      const name = folder + '/' + entry.name;
      if (entry.isDirectory()) walk(name);
      else if (!name.endsWith('.spec.ts')) add(name);
    }
  };
  FILES.forEach(add);
  FOLDERS.filter((folder) => fs.existsSync(path.join(root, folder))).forEach(walk);
  return lines.sort().join('\n') + '\n';
}

function stampFile(root) {
  return path.join(root, 'dist', '.stamp');
}

function isFresh(root) {
  try {
    return fs.readFileSync(stampFile(root), 'utf8') === fingerprint(root);
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

module.exports = { fingerprint, isFresh };
