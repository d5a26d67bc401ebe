/**
 * Whose failed attempts are counted: the peer of the connection, or, behind a proxy on this machine, the peer it names.
 */
import { isIP } from 'node:net';

/**
 * Only a loopback peer is believed, and only its own last word: everything before the last comma came from outside.
 * @param forwardedFor the request's `X-Forwarded-For`, its lines joined with commas
 */
export function peerAddress(remoteAddress: string | undefined, forwardedFor: string | undefined): string {
  const peer = plain(remoteAddress ?? '');
  if (forwardedFor === undefined || !isLoopbackAddress(peer)) return peer;
  const lastHop = plain(forwardedFor.slice(forwardedFor.lastIndexOf(',') + 1).trim());
  return isIP(lastHop) === 0 ? peer : lastHop;
}

/** An IPv4 address is one address, however the socket spells it. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

function isLoopbackAddress(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}
