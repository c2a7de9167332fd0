import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { BinaryData } from 'n8n-core';

/**
 * Replaces n8n's manager of binary data in the database, which is part of the n8n package, not of
 * n8n-core. This one keeps its rows in a map. As in n8n's, each value is read as one chunk. test/n8n uses
 * n8n's own.
 */
export class MemoryDatabase implements BinaryData.Manager {
	private readonly rows = new Map<string, { data: Buffer; metadata: BinaryData.Metadata }>();

	async init() {}

	async store(
		_location: BinaryData.FileLocation,
		data: Buffer | Readable,
		metadata: BinaryData.PreWriteMetadata,
	) {
		const bytes = Buffer.isBuffer(data) ? data : await buffer(data);
		const fileId = randomUUID();
		this.rows.set(fileId, { data: bytes, metadata: { ...metadata, fileSize: bytes.length } });
		return { fileId, fileSize: bytes.length };
	}

	getPath(fileId: string) {
		return `database://${fileId}`;
	}

	async getAsBuffer(fileId: string) {
		return this.row(fileId).data;
	}

	async getAsStream(fileId: string) {
		return Readable.from(this.row(fileId).data);
	}

	async getMetadata(fileId: string) {
		return this.row(fileId).metadata;
	}

	async copyByFileId(location: BinaryData.FileLocation, fileId: string) {
		const { data, metadata } = this.row(fileId);
		return (await this.store(location, data, metadata)).fileId;
	}

	async copyByFilePath(): Promise<BinaryData.WriteResult> {
		throw new Error('No test copies a file by its path');
	}

	async rename(from: string, to: string) {
		this.rows.set(to, this.row(from));
		this.rows.delete(from);
	}

	private row(fileId: string) {
		const row = this.rows.get(fileId);
		if (!row) throw new Error(`There is no row ${fileId}`);
		return row;
	}
}
