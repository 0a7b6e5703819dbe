/**
 * The environment of the random runs: without the machine's certificates, which the native client of each connection would read anew, for 5 to 10 ms in which everything else stands still.
 * It is set here because a test has only a copy of the process's variables. Deliberately absent: anything that a test could see.
 */
const { TestEnvironment } = require('jest-environment-node');

module.exports = class extends TestEnvironment {
  #before = process.env.SSL_CERT_FILE;

  async setup() {
    await super.setup();
    process.env.SSL_CERT_FILE = process.env.SSL_CERT_DIR = '/dev/null';
  }

  async teardown() {
    if (this.#before === undefined) delete process.env.SSL_CERT_FILE;
    else process.env.SSL_CERT_FILE = this.#before;
    await super.teardown();
  }
};
