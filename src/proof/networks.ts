// Which network an address is in: one of our staff's, the open internet, or this house.

import { BlockList, isIP } from "node:net";

/** Where no SPF record can speak of: this machine, private and link-local networks, carriers' own, multicast. */
const NOT_PUBLIC = networkList([
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"],
  ...["224.0.0.0/4", "240.0.0.0/4", "::", "::1", "fc00::/7", "fe80::/10", "ff00::/8"],
]);

/** A list to ask about; each network is "10.1.0.0/16" or a single address, as the configuration has checked. */
export function networkList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** Whether a client is in one of the networks. An IPv4 address written as IPv6 (::ffff:10.1.2.3) counts as IPv4. */
export function isStaffNetwork(address: string, networks: BlockList): boolean {
  return isIn(address, networks) === true;
}

/** Whether an address is one the open internet sends from. */
export function isPublic(address: string): boolean {
  return isIn(address, NOT_PUBLIC) === false;
}

/** Null when the address is none. */
function isIn(address: string, list: BlockList): boolean | null {
  const plain = plainAddress(address);
  const version = isIP(plain);
  return version === 0 ? null : list.check(plain, version === 6 ? "ipv6" : "ipv4");
}

/** Without the zone of a link-local address (RFC 4007), and IPv4 as such. */
export function plainAddress(address: string): string {
  const [zoneless = ""] = address.split("%");
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(zoneless);
  return mapped?.[1] ?? zoneless;
}
