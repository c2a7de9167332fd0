import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

import { RequestError, Server } from 'proxy-chain';

/** What the proxy does with a request: forwards it, refuses it, asks for a password, or hangs up. */
export type ProxyManner = 'forward' | 'refuse' | 'ask for password' | 'close';

/** A forward proxy, for HTTPS with CONNECT and for HTTP. */
export interface ConnectProxy {
	/** `http://127.0.0.1:PORT` */
	url: string;
	/** default: 'forward' */
	manner: ProxyManner;
	/** user name and password that it asks for, if any */
	login?: { user: string; password: string };
	/** the `host:port` of each request, in order, also of those that it has refused */
	asked: string[];
	stop(): Promise<void>;
}

/**
 * Starts a proxy on the loopback address.
 *
 * @param hosts names that only this proxy knows; they are this machine
 */
export async function startConnectProxy(hosts: string[]): Promise<ConnectProxy> {
	const lookUp: LookupFunction = (name, options, done) =>
		lookup(hosts.includes(name) ? 'localhost' : name, options, done);
	const server = new Server({
		host: '127.0.0.1',
		port: 0,
		prepareRequestFunction: ({ request, hostname, port, username, password }) => {
			proxy.asked.push(`${hostname}:${port}`);
			const { manner, login } = proxy;
			if (manner === 'refuse') throw new RequestError('Blocked by policy', 403);
			if (manner === 'close') {
				request.socket.destroy();
				throw new RequestError('Closed', 599);
			}
			const isKnown = !login || (login.user === username && login.password === password);
			return {
				requestAuthentication: manner === 'ask for password' || !isKnown,
				dnsLookup: lookUp as typeof lookup,
			};
		},
	});
	await server.listen();
	const proxy: ConnectProxy = {
		url: `http://127.0.0.1:${server.port}`,
		manner: 'forward',
		asked: [],
		stop: async () => await server.close(true),
	};
	return proxy;
}
