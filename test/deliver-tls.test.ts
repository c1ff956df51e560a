// How forwards are encrypted: any certificate will do where encryption is asked for, none but the host's own where it is verified.

import { expect, test } from "vitest";
import { isInside } from "../src/config/addresses.ts";
import { makeCertificate } from "./support/certificate.ts";
import { mailText, sendMail } from "./support/dialogue.ts";
import { forwardTo, rulesForwardingTo, type TestGateway, testGateway } from "./support/gateway.ts";
import { tempDir } from "./support/temp-dir.ts";
import { until } from "./support/wait.ts";

type Policy = ReturnType<typeof forwardTo>["tls"];

/** A mail through a gateway with this policy to a second one, whose certificate nobody has signed. */
async function through(folder: string, tls: Policy, far: TestGateway) {
  const rules = rulesForwardingTo(far.port("smtp"));
  const deliver = { ...forwardTo(far.port("smtp"), "billing@clinic.example"), tls };
  const queues = rules.queues.map((queue) => ({ ...queue, deliver }));
  await using gateway = await testGateway(folder, { rules: { ...rules, queues } });
  expect(await sendMail(gateway.port("smtp"), ["billing@clinic.example"], mailText("a", "My bill."))).toMatch(/^250/);
  const [row] = await until("it was tried", async () => {
    const rows = await gateway.store.deliveries({ limit: 1 });
    return rows[0]?.state === "delivered" || (rows[0]?.reason ?? null) !== null ? rows : null;
  });
  return row;
}

test("a self-signed certificate is enough for opportunistic and required, and not for verified", async () => {
  await using dir = await tempDir();
  await using far = await testGateway(`${dir.path}/far`, { settings: makeCertificate(`${dir.path}/tls`) });
  for (const tls of ["opportunistic", "required"] as const)
    expect(await through(`${dir.path}/${tls}`, tls, far)).toMatchObject({ state: "delivered" });
  expect(await through(`${dir.path}/verified`, "verified", far)).toMatchObject({
    state: "waiting",
    reason: "no encrypted connection to the destination: it offers no TLS, or its certificate is not right",
  });
  const counted = await far.store.balance();
  expect(counted.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(2);
  const taken = await far.store.outcomes({ limit: 10 });
  for (const { ref } of taken) expect((await far.store.find(ref))?.mail.client.tls).toBe(true);
});

test("hosts of the house are told from others", () => {
  const inside = [
    "127.0.0.1",
    "::1",
    "10.2.3.4",
    "172.31.0.1",
    "192.168.1.1",
    "fd00::1",
    "mailhost",
    "MX.Clinic.Example.",
  ];
  for (const host of inside) expect([host, isInside(host, ["clinic.example"])]).toEqual([host, true]);
  for (const host of ["192.0.2.1", "172.32.0.1", "2001:db8::1", "mail.example.net", "notclinic.example"])
    expect([host, isInside(host, ["clinic.example"])]).toEqual([host, false]);
});
