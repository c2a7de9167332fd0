import type { AddressInfo } from 'node:net';

import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A server that receives mail from n8n and keeps it, and the account to log in with. */
export interface SmtpReceiver {
	port: number;
	user: string;
	password: string;
	/** A copy of the list of received mails, in order. */
	readonly mails: ParsedMail[];
	stop(): Promise<void>;
}

/** Starts an SMTP server on the loopback address, without TLS. */
export async function startSmtpReceiver(): Promise<SmtpReceiver> {
	const account = { user: 'files@example.com', password: 'local-smtp' };
	const mails: ParsedMail[] = [];
	const server = new SMTPServer({
		disabledCommands: ['STARTTLS'],
		allowInsecureAuth: true,
		onAuth: ({ username, password }, _session, done) => {
			const isRight = username === account.user && password === account.password;
			done(isRight ? null : new Error('Wrong name or password'), { user: username });
		},
		onData: (stream, _session, done) => {
			simpleParser(stream).then((mail) => {
				mails.push(mail);
				done();
			}, done);
		},
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		port: (server.server.address() as AddressInfo).port,
		...account,
		get mails() {
			return [...mails];
		},
		stop: async () => await new Promise<void>((resolve) => server.close(resolve)),
	};
}
