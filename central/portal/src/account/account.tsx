// 账号与安全: what a person does with the own account (PO-038).
import { useNavigate, useSearchParams } from "react-router";
import { PageTitle } from "../frame/page-title.tsx";
import { usePerson, type Person } from "../session/session.tsx";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import { CloseAccount } from "./close-account.tsx";
import { Devices } from "./devices.tsx";
import { Identities } from "./identities.tsx";
import { Keys } from "./keys.tsx";
import { MyCard } from "./my-card.tsx";
import { OwnData } from "./own-data.tsx";
import { OwnPassword } from "./own-password.tsx";
import { Shields } from "./shields.tsx";
import { o } from "./own-words.ts";

const byCardOnly = (person: Person) => person.role === "customs_officer" || person.role === "customs_hq_officer";
/** Shields and other providers open nothing for officers and agencies (PO-068, PO-074). */
const otherWays = (person: Person) => !byCardOnly(person) && person.role !== "agency_operator";

const PARTS: { key: string; label: Text; may: (person: Person) => boolean; Body: () => React.ReactNode }[] = [
  { key: "data", label: o.data, may: () => true, Body: OwnData },
  { key: "password", label: o.password, may: (person) => !byCardOnly(person), Body: OwnPassword },
  { key: "devices", label: o.devices, may: () => true, Body: Devices },
  { key: "card", label: o.card, may: () => true, Body: MyCard },
  { key: "shields", label: o.shields, may: otherWays, Body: Shields },
  { key: "identities", label: o.identities, may: otherWays, Body: Identities },
  { key: "keys", label: o.keys, may: () => true, Body: Keys },
  { key: "close", label: o.close, may: () => true, Body: CloseAccount },
];

export default function Account() {
  const say = useSay();
  const person = usePerson();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const parts = PARTS.filter((part) => part.may(person));
  const at = parts.find((part) => part.key === search.get("part")) ?? parts[0];
  return (
    <div className="account">
      <PageTitle>{say(w.account)}</PageTitle>
      <nav className="parts" aria-label={say(w.account)}>
        {parts.map(({ key, label }) => (
          <button key={key} type="button" className="link" aria-current={key === at?.key ? "page" : undefined} onClick={() => void navigate(`/account?part=${key}`)}>{say(label)}</button>
        ))}
      </nav>
      {at && <at.Body key={at.key} />}
    </div>
  );
}
