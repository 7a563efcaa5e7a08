// Gates with certificates in every state, as the centre would tell of them: a certificate lives for weeks, and a story cannot wait until it is over.
// What the acts send is kept in `asked`. Absent: the centre's own rules; central/src/gate_identity and tests/tests/identity.rs have them.

const DAY = 86_400_000;
const LIFE = 45 * DAY;
const at = (days) => new Date(Date.now() + days * DAY).toISOString();
const hash = (digit) => digit.repeat(64);
const AUTHORITY = hash("5");

/** One that ends in so many days. */
const certificate = (digit, left, state, more = {}) => ({
  fingerprint: hash(digit), serial: digit.repeat(40), authority: AUTHORITY, state, not_before: at(left - LIFE / DAY), not_after: at(left), issued_by: "renewal",
  first_used_at: at(left - LIFE / DAY), superseded_at: null, revoked_at: null, revoked_by: null, revoked_reason: null, ...more,
});

export const YARD = "CNEHX070801";
const gate = (gate_id, ...certificates) => ({ gate_id, yard_id: YARD, certificates });

/** Answers for this page from now on. */
export async function certifiedGates(page) {
  const asked = [];
  const items = [
    gate("0708-G01", certificate("1", 40, "valid"), certificate("2", 25, "superseded", { issued_by: "enrolment code 7Q2XK9", superseded_at: at(-4) })),
    gate("0708-G03", certificate("3", 5, "valid")),
    gate("0708-G04", certificate("4", -3, "expired")),
    gate("0708-G05", certificate("6", 30, "revoked", { revoked_at: at(-1), revoked_by: "root", revoked_reason: "设备失窃" })),
  ];
  const renewals = [{ gate_id: "0708-G04", certificate: hash("4"), key_hash: hash("a"), asked_at: at(-0.1), state: "waiting", decided_by: null }];
  let codes = 0;
  const refusal = (status, code, message, message_en) => [status, { status, code, message, message_en }];

  const ACTS = {
    "enrolment-codes": (gate_id, { yard_id }) => {
      codes += 1;
      return [201, { gate_id, yard_id, code: `7Q2XK-M4T9D-0ZJ8R-W3VN${codes}.${AUTHORITY}`, authority: AUTHORITY, expires_at: at(1) }];
    },
    revocation: (gate_id, { reason }) => {
      const found = items.find((one) => one.gate_id === gate_id);
      if (!found) return refusal(404, "PO_NOT_FOUND", "数据不存在", "there is no such thing");
      for (const one of found.certificates) Object.assign(one, { state: "revoked", revoked_at: at(0), revoked_by: "root", revoked_reason: reason });
      return [200, { certificates: found.certificates.length, codes: 0 }];
    },
    "renewal/approve": (gate_id, { key_hash }) => {
      const found = renewals.find((one) => one.gate_id === gate_id);
      // While the person looked, the gate has asked with another key.
      if (asked.filter(({ act }) => act === "renewal/approve").length === 1) found.key_hash = hash("b");
      if (found.key_hash !== key_hash) return refusal(409, "PO_STATUS_CONFLICT", "当前状态不允许该操作", "the gate asks with another key; look at it again");
      return [200, Object.assign(found, { state: "approved", decided_by: "root" })];
    },
  };
  await page.route("**/api/v1/admin/gate-identities", (route) => route.fulfill({ json: { items, renewals, authorities: [{ fingerprint: AUTHORITY, not_before: at(-100), not_after: at(7000) }] } }));
  await page.route(/\/api\/v1\/admin\/gates\/[^/]+\/(enrolment-codes|revocation|renewal)/, (route) => {
    const [, gate_id, act] = /\/gates\/([^/]+)\/(.+)$/.exec(new URL(route.request().url()).pathname);
    const body = route.request().postDataJSON();
    asked.push({ act, gate_id, body });
    const [status, json] = ACTS[act](gate_id, body);
    return route.fulfill({ status, json });
  });
  return { asked, keys: { first: hash("a"), then: hash("b") }, authority: AUTHORITY };
}
