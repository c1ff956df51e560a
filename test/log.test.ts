// What a log line may tell of a client.

import { expect, test } from "vitest";
import { networkOf } from "../src/log.ts";

test.each([
  ["203.0.113.77", "203.0.113.0/24"],
  ["::ffff:203.0.113.77", "203.0.113.0/24"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"],
  ["fd00::1234", "fd00:0:0::/48"],
  ["::1", "0:0:0::/48"],
])("of %s only the network %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});
