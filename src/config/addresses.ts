// Networks, DNS servers and domains as people write them into the configuration, and what is wrong with them
// in plain words.

import { BlockList, isIP, isIPv6 } from "node:net";

/** RFC 1035: 253 characters, 63 a part; more than one part, because a lone word is nobody's domain. */
const DOMAIN = /^(?=.{3,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

export function isDomain(text: string): boolean {
  return DOMAIN.test(text) && isIP(text) === 0;
}

/** What is wrong with a network of staff, "10.1.0.0/16" or one address; null when nothing is. */
export function networkMistake(text: string): string | null {
  const [address = "", prefix, ...rest] = text.split("/");
  const bits = isIP(address) === 6 ? 128 : 32;
  if (isIP(address) === 0 || address.includes("%") || rest.length > 0)
    return "write a network such as 10.1.0.0/16 or 2001:db8:7::/48, or one IP address; names are not taken";
  if (/^::ffff:\d+\./i.test(address)) return "write an IPv4 network as such, for instance 10.1.0.0/16";
  if (prefix === undefined) return null;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits)
    return `write a number from 1 to ${bits} behind the slash: how many bits of the address all of the network share`;
  if (Number(prefix) === 0) return "that is every address there is; name the networks of your staff only";
  if (hasMoreThan(address, Number(prefix)))
    return `${address} is not the first address of a network of /${prefix}; write the network's first address, or the address alone`;
  return null;
}

/** Whether bits behind the prefix are set: the address without them is another one. */
function hasMoreThan(address: string, prefix: number): boolean {
  const bits = addressBits(address);
  const host = BigInt((isIPv6(address) ? 128 : 32) - prefix);
  return (bits & ((1n << host) - 1n)) !== 0n;
}

function addressBits(address: string): bigint {
  if (!isIPv6(address)) return address.split(".").reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  const [head = "", tail] = address.replace(/[^:]+\.[^:]+$/, dottedAsGroups).split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const gap = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => "0");
  return [...before, ...gap, ...after].reduce((sum, part) => (sum << 16n) | BigInt(`0x${part}`), 0n);
}

/** The end of an IPv6 address that is written as IPv4 (RFC 4291 2.2), as two groups. */
function dottedAsGroups(dotted: string): string {
  const bits = addressBits(dotted);
  return `${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`;
}

/** What is wrong with a DNS server's address, alone or with a port; null when nothing is. */
export function serverMistake(text: string): string | null {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const right =
    isIP(text) !== 0 ||
    ((isIPv6(bracketed ?? "") || isIP(plain ?? "") === 4) &&
      (port === undefined || (Number(port) > 0 && Number(port) < 65536)));
  return right
    ? null
    : "write a DNS server's IP address such as 10.0.0.53, with a port when it is not 53: 10.0.0.53:5353";
}

const INSIDE = new BlockList();
for (const [network, bits] of [
  ["127.0.0.0", 8],
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
] as const)
  INSIDE.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  ["::1", 128],
  ["fc00::", 7],
  ["fe80::", 10],
] as const)
  INSIDE.addSubnet(network, bits, "ipv6");

/** A host of our own house: on this machine, at a private address, a name without a dot, or under one of our domains. */
export function isInside(host: string, domains: readonly string[]): boolean {
  const version = isIP(host);
  if (version !== 0) return INSIDE.check(host, version === 6 ? "ipv6" : "ipv4");
  const name = host.toLowerCase().replace(/\.$/, "");
  return !name.includes(".") || domains.some((domain) => name === domain || name.endsWith(`.${domain}`));
}
