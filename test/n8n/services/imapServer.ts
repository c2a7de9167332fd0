import { randomUUID } from 'node:crypto';
import { chown, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { run, startService, untilUp } from '../commands';
import { freePorts } from '../ports';
import { debianProgram } from './debianProgram';

interface Account {
	user: string;
	password: string;
}

/** A mail server's mailbox that n8n reads by IMAP, and the account for it. */
export interface ImapServer extends Account {
	/** Only on 127.0.0.1, not on ::1, to which 'localhost' resolves as well on many machines. */
	port: number;
	/** Delivers a message into the mailbox as mail servers do: atomically and unread. */
	deliver(message: Buffer): Promise<void>;
	/** How many messages are marked as read. */
	readMessages(): Promise<number>;
	stop(): Promise<void>;
}

/** The owner of the mailbox when this runs as root: Dovecot refuses mailboxes that belong to root. */
const UNPRIVILEGED = 'nobody';

/**
 * Starts Dovecot on 127.0.0.1, without TLS, and waits until the account can open its mailbox. Dovecot
 * 2.3.19 accepts connections before it answers them: it first looks up this machine's full name, which
 * took 10 seconds on a machine whose name server did not answer.
 *
 * @param folder a new folder for everything it stores
 */
export async function startImapServer(folder: string): Promise<ImapServer> {
	const dovecot = debianProgram('dovecot', 'dovecot-imapd');
	const [port = 0] = await freePorts(0);
	const account = { user: 'files@example.com', password: 'local-mailbox' };
	const owner = await mailOwner();
	const mailbox = join(folder, 'mailbox');
	for (const part of ['', 'tmp', 'new', 'cur']) {
		await mkdir(join(mailbox, part), { recursive: true });
		await chown(join(mailbox, part), owner.uid, owner.gid);
	}
	const config = join(folder, 'dovecot.conf');
	await writeFile(config, configuration(folder, port, owner, account.password));
	const logFile = join(folder, 'dovecot.log');
	const service = startService(dovecot, ['-F', '-c', config], { logFile });
	await untilUp(service, dovecot, async () => await opensMailbox(port, account));

	return {
		port,
		...account,
		async deliver(message) {
			const name = `${Date.now()}.${randomUUID()}.localhost`;
			const incoming = join(mailbox, 'tmp', name);
			await writeFile(incoming, message);
			await chown(incoming, owner.uid, owner.gid);
			await rename(incoming, join(mailbox, 'new', name));
		},
		async readMessages() {
			const names = await readdir(join(mailbox, 'cur'));
			return names.filter((name) => /:2,\w*S/.test(name)).length;
		},
		stop: async () => await service.stop(),
	};
}

/** Sends all commands together without waiting for answers, as IMAP allows (RFC 3501, section 5.5). */
async function opensMailbox(port: number, { user, password }: Account): Promise<boolean> {
	const socket = connect(port, '127.0.0.1');
	socket.write(`1 LOGIN ${user} ${password}\r\n2 SELECT INBOX\r\n3 LOGOUT\r\n`);
	const answers = await text(socket).catch(() => '');
	return /^2 OK/m.test(answers);
}

interface Owner {
	name: string;
	group: string;
	uid: number;
	gid: number;
}

async function mailOwner(): Promise<Owner> {
	const { username, uid: own } = userInfo();
	const name = own === 0 ? UNPRIVILEGED : username;
	const id = async (option: string) => (await run('id', [option, name])).trim();
	const [uid, gid, group] = await Promise.all(['-u', '-g', '-gn'].map(id));
	return { name, group: group!, uid: Number(uid), gid: Number(gid) };
}

/** Settings of Dovecot 2.3. Without root, all its services run as the one user. */
function configuration(
	folder: string,
	port: number,
	{ name, group, uid, gid }: Owner,
	password: string,
): string {
	const isRoot = userInfo().uid === 0;
	const ownUser = isRoot
		? ''
		: `default_login_user = ${name}
default_internal_user = ${name}
default_internal_group = ${group}
`;
	const chroots = ['imap-login', 'anvil', 'stats', 'auth'];
	return `protocols = imap
listen = 127.0.0.1
base_dir = ${join(folder, 'run')}
state_dir = ${join(folder, 'state')}
log_path = /dev/stderr
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
${ownUser}mail_location = maildir:${join(folder, 'mailbox')}
passdb {
  driver = static
  args = password=${password}
}
userdb {
  driver = static
  args = uid=${uid} gid=${gid} home=${join(folder, 'mailbox')}
}
service imap-login {
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
${isRoot ? '' : chroots.map((service) => `service ${service} {\n  chroot =\n}\n`).join('')}`;
}
