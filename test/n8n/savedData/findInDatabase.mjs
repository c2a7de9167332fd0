// Prints, for each of the given texts, in which columns of the database it occurs: [["<table>.<column>", …], …].
// Bytes are compared, so a file that is kept in a column is found too.
import { DatabaseSync } from 'node:sqlite';

const [file, ...texts] = process.argv.slice(2);
const database = new DatabaseSync(file, { readOnly: true });
const found = texts.map(() => new Set());
const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
for (const { name: table } of tables) {
	for (const row of database.prepare(`SELECT * FROM "${table}"`).iterate()) {
		for (const [column, value] of Object.entries(row)) {
			if (typeof value !== 'string' && !(value instanceof Uint8Array)) continue;
			const bytes = Buffer.from(value);
			texts.forEach((text, index) => {
				if (bytes.includes(text)) found[index].add(`${table}.${column}`);
			});
		}
	}
}
database.close();
process.stdout.write(JSON.stringify(found.map((columns) => [...columns])));
