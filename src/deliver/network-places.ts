// Where on the network an address is: out in the world, in a house's own network, or nowhere mail may be sent. Whoever
// may write rules must not be able to reach through us what only this machine can reach (server-side request forgery).

import { BlockList, isIP } from "node:net";

/** `house`: this machine and networks of one's own. `nobody`: for special purposes, such as clouds' secrets at 169.254.169.254. */
export type Place = "world" | "house" | "nobody";

/** RFC 1122, 1918, 6598 and 4193. */
const HOUSE = listOf([
  "127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10", // and carriers' networks
  "::1/128 fc00::/7",
]);

/** The other entries of the IANA registries of special-purpose addresses (RFC 6890), multicast and what is reserved. */
const NOBODY = listOf([
  "0.0.0.0/8 169.254.0.0/16 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24",
  "224.0.0.0/4 240.0.0.0/4",
  "2001::/23 2001:db8::/32 2002::/16 3fff::/20",
]);

/** Of IPv6 only this is given out; it leaves out link-local, multicast, and IPv4 in other clothes (64:ff9b::/96). */
const WORLD_6 = listOf(["2000::/3"]);

/** `address` is an IP address; what is none is nobody's. An IPv4 address written as IPv6 is looked at as such. */
export function placeOf(address: string): Place {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (isIP(address) === 0 || address.includes("%")) return "nobody";
  if (HOUSE.check(address, family)) return "house";
  if (NOBODY.check(address, family)) return "nobody";
  return family === "ipv4" || WORLD_6.check(address, family) ? "world" : "nobody";
}

function listOf(lines: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of lines.join(" ").split(" ")) {
    const [address = "", bits = ""] = network.split("/");
    list.addSubnet(address, Number(bits), address.includes(":") ? "ipv6" : "ipv4");
  }
  return list;
}
