import { describe, expect, it } from 'vitest';
import { peerAddress } from './peer-address.js';

describe('peerAddress', () => {
  it.each([
    ['10.0.0.1', undefined, '10.0.0.1'],
    ['::ffff:10.0.0.1', undefined, '10.0.0.1'],
    ['2001:db8::1', undefined, '2001:db8::1'],
    [undefined, undefined, ''],
  ])('of %s is itself', (remote, forwarded, address) => {
    expect(peerAddress(remote, forwarded)).toBe(address);
  });

  it.each([
    ['10.0.0.1', '1.2.3.4'],
    ['::ffff:10.0.0.1', '1.2.3.4, 127.0.0.1'],
    ['2001:db8::1', '::1'],
    ['127evil', '1.2.3.4'],
  ])('of %s ignores what it forwards (M09)', (remote, forwarded) => {
    expect(peerAddress(remote, forwarded)).toBe(remote.replace('::ffff:', ''));
  });

  it.each([
    ['127.0.0.1', '1.2.3.4', '1.2.3.4'],
    ['127.0.0.2', 'spoofed, 1.2.3.4', '1.2.3.4'],
    ['::1', '9.9.9.9,2001:db8::7', '2001:db8::7'],
    ['::ffff:127.0.0.1', '9.9.9.9 ,  ::ffff:1.2.3.4 ', '1.2.3.4'],
  ])('behind %s is the last hop of %s', (remote, forwarded, address) => {
    expect(peerAddress(remote, forwarded)).toBe(address);
  });

  it.each(['', 'unknown', '1.2.3.4,', '1.2.3.4, x', '1.2.3.4:80'])(
    'behind a proxy that says %j is the proxy',
    (forwarded) => {
      expect(peerAddress('127.0.0.1', forwarded)).toBe('127.0.0.1');
    },
  );
});
