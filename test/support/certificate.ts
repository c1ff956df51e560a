// A certificate for tests, made on the spot.

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

/** Writes `certificate.pem` and `key.pem` into the folder; answers the lines of the configuration that name them. */
export function makeCertificate(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const [certificate, key] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const what = ["-subj", "/CN=mx.clinic.example", "-days", "2", "-keyout", key, "-out", certificate];
  execFileSync("openssl", ["req", "-x509", ...curve, ...what], { stdio: "ignore" });
  return `tls: {certificate: ${certificate}, key: ${key}}`;
}
