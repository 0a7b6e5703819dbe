import { join } from 'node:path';
import { tempDir } from '../../../test/support/temp';
import { openDatabase } from './driver';
import { createTables, recognise } from './schema';

const STORE_ID = '0190a5c4-7f2e-7c53-b3b6-0d6f2a3c1e11';

it.each(['PRAGMA application_id', 'PRAGMA user_version', 'SELECT count(*) AS n FROM sqlite_schema'])(
  'a log that another process makes while it is looked at (%s) is none yet, or ours',
  (moment) => {
    const file = join(tempDir(), 'log.db');
    const maker = openDatabase(file, { waitMillis: 0 });
    const db = openDatabase(file);
    let tried = false;
    const looked = new Proxy(db, {
      get(target, name) {
        if (name === 'isTransaction') return target.isTransaction;
        if (name === 'exec') return (sql: string) => target.exec(sql);
        return (sql: string) => {
          if (sql === moment) {
            tried = true;
            try {
              createTables(maker, STORE_ID);
            } catch {
              // Locked: whoever looks was first.
            }
          }
          return target.prepare(sql);
        };
      },
    });
    expect([true, false]).toContain(recognise(looked, file));
    expect(tried).toBe(true);
    db.close();
    maker.close();
  },
);
