// Runs an SQL command on the database, also while n8n writes to it.
import { DatabaseSync } from 'node:sqlite';

const [file, sql] = process.argv.slice(2);
const database = new DatabaseSync(file, { timeout: 10_000 });
database.exec(sql);
database.close();
