// 手机盾密钥: what the browser of a phone is asked for, and what it answers, as the centre writes both (WebAuthn).
// Promises: nothing is judged here; of what the browser says only what the centre takes is passed on.
type Options = Record<string, unknown>;
interface Made {
  id: string;
  type: string;
  response: { clientDataJSON: string; attestationObject: string };
}
interface Answered {
  id: string;
  type: string;
  response: { clientDataJSON: string; authenticatorData: string; signature: string; userHandle?: string };
}

export const canHold = () => typeof window.PublicKeyCredential === "function" && typeof PublicKeyCredential.parseCreationOptionsFromJSON === "function";

/** Makes a new key in this phone. */
export async function made(asked: Options) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked as unknown as PublicKeyCredentialCreationOptionsJSON);
  const credential = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential | null;
  if (!credential) throw new Error("no shield was made");
  const { id, type, response } = credential.toJSON() as Made;
  return { id, type, response: { clientDataJSON: response.clientDataJSON, attestationObject: response.attestationObject } };
}

/** Has a key of this phone answer. */
export async function answered(asked: Options) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked as unknown as PublicKeyCredentialRequestOptionsJSON);
  const credential = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential | null;
  if (!credential) throw new Error("no shield has answered");
  const { id, type, response } = credential.toJSON() as Answered;
  const { clientDataJSON, authenticatorData, signature, userHandle } = response;
  return { id, type, response: { clientDataJSON, authenticatorData, signature, userHandle: userHandle ?? null } };
}
