// A provider of OpenID Connect on loopback, as the log-in by others needs one: it asks the person, gives out codes, and signs who they are.

import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { createServer } from "node:http";

const text = (bytes) => Buffer.from(bytes).toString("base64url");

/** Serves at the issuer's address; `next` says who logs in, and whether the token is to belong to another log-in. */
export async function provider(issuer, next = { subject: "person-1", foreignNonce: false }) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const codes = new Map();
  const token = (client, { nonce, subject }) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer, sub: subject, aud: client, iat: now - 1, exp: now + 300, nonce: next.foreignNonce ? "of-another-log-in" : nonce };
    const signed = [{ alg: "ES256", kid: "e1", typ: "JWT" }, claims].map((part) => text(JSON.stringify(part))).join(".");
    return `${signed}.${text(sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" }))}`;
  };
  const answers = {
    "/.well-known/openid-configuration": () => ({
      issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys`,
      response_types_supported: ["code"], subject_types_supported: ["public"], id_token_signing_alg_values_supported: ["ES256"],
    }),
    "/keys": () => ({ keys: [{ ...publicKey.export({ format: "jwk" }), use: "sig", kid: "e1" }] }),
    "/authorize": ({ searchParams: asked }) => {
      const code = randomBytes(8).toString("hex");
      codes.set(code, { challenge: asked.get("code_challenge"), nonce: asked.get("nonce"), subject: next.subject, client: asked.get("client_id") });
      const back = (answer) => `${asked.get("redirect_uri")}?${new URLSearchParams({ ...answer, state: asked.get("state") })}`.replaceAll("&", "&amp;");
      return `<!doctype html><title>provider</title><link rel="icon" href="data:,"><a id="agree" href="${back({ code })}">agree</a> <a id="deny" href="${back({ error: "access_denied" })}">deny</a>`;
    },
    "/token": (_, sent) => {
      const kept = codes.get(sent.get("code"));
      codes.delete(sent.get("code"));
      const proven = kept && text(createHash("sha256").update(sent.get("code_verifier")).digest()) === kept.challenge;
      return proven ? { access_token: "not-looked-at", token_type: "Bearer", id_token: token(kept.client, kept) } : { error: "invalid_grant" };
    },
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, issuer);
    let body = "";
    for await (const piece of request) body += piece;
    const answer = answers[url.pathname]?.(url, new URLSearchParams(body));
    const kind = typeof answer === "string" ? "text/html" : "application/json";
    response.writeHead(answer === undefined ? 404 : answer.error ? 400 : 200, { "content-type": kind });
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer ?? {}));
  });
  const { hostname, port } = new URL(issuer);
  await new Promise((resolve) => server.listen(Number(port), hostname, resolve));
  return { next, close: () => server.close() };
}
