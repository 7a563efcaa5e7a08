// The officer of customs, as tests need one who answers: by the API, with the officer's card.

/** Puts a card into the reader. */
export async function insert(told, card) {
  await card_service(told, "insert", { card_no: card });
}

async function card_service(told, path, body) {
  const answer = await fetch(`${told.card_service}/card/v1/readers/R1/${path}`, { method: "POST", headers: { origin: told.url, "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? null : answer.json();
}

/** Asks the centre as the officer. */
export async function ask(told, method, path, body) {
  const answer = await fetch(told.url + path, { method, headers: { authorization: `Bearer ${told.officer_token}`, "content-type": "application/json" }, body: body === undefined ? undefined : JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? null : answer.json();
}

/** The statement, signed by the card that is in the reader. */
export async function signed(told, { text, nonce }) {
  await card_service(told, "pin", { pin: told.pin });
  const { alg, certificate, value } = await card_service(told, "sign", { text, keep_open: false });
  return { alg, certificate, value, nonce };
}

/** One decision about a record of `manual`, such as `appointments`: signed with the officer's card, which then makes room for the declarant's. */
export async function decide(told, manual, number, action, text) {
  const { version } = await ask(told, "GET", `/api/v1/${manual}/${number}`);
  await insert(told, told.officer_card);
  const statement = await ask(told, "POST", `/api/v1/desk/${manual}/${number}/statements`, { action, version, text });
  await ask(told, "POST", `/api/v1/desk/${manual}/${number}/${action}`, { version, text, signature: await signed(told, statement) });
  await insert(told, told.card);
}
