/** Names and values, in the order in which they are sent. */
export type FormFields = Record<string, string>;

/** The file's part of a multipart body; its bytes follow `head`. */
export interface FilePart {
	/** name of the form field */
	field: string;
	fileName: string;
	contentType: string;
	/** bytes */
	size: number;
}

/** A multipart body without the file's bytes: what is sent before and after them. */
export interface MultipartBody {
	/** value of the Content-Type header */
	contentType: string;
	/** bytes of head, file and tail together: value of the Content-Length header */
	contentLength: number;
	head: Buffer;
	tail: Buffer;
}

/**
 * Encodes fields and one file as multipart/form-data (RFC 7578), fields first, in their order.
 *
 * @param boundary must not occur in any value or in the file; 16 random bytes are enough to rely on that
 */
export function multipartBody(fields: FormFields, file: FilePart, boundary: string): MultipartBody {
	const parts = Object.entries(fields).map(
		([name, value]) =>
			`--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(name)}"\r\n\r\n${value}\r\n`,
	);
	const head = Buffer.from(
		`${parts.join('')}--${boundary}\r\n` +
			`Content-Disposition: form-data; name="${escapeName(file.field)}"; filename="${escapeName(file.fileName)}"\r\n` +
			`Content-Type: ${file.contentType}\r\n\r\n`,
	);
	const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
	return {
		contentType: `multipart/form-data; boundary=${boundary}`,
		contentLength: head.length + file.size + tail.length,
		head,
		tail,
	};
}

/** WHATWG HTML, 'multipart/form-data encoding algorithm', escape a name: what browsers do. */
function escapeName(name: string): string {
	return name.replace(/\r/g, '%0D').replace(/\n/g, '%0A').replace(/"/g, '%22');
}
