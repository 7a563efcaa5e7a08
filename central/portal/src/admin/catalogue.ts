// 管理目录: every page of administrators, who may open it, and the file that is loaded for it.
import type { ComponentType } from "react";
import type { Person, Role } from "../session/session.tsx";
import { w } from "../words/common.ts";
import type { Text } from "../words/words.ts";
import { m } from "./words.ts";

export interface Entry {
  path: string;
  title: Text;
  roles: Role[];
  /** Not in the menu: opened from another page. */
  inner?: boolean;
  load: () => Promise<{ default: ComponentType }>;
}

const admin: Role[] = ["platform_admin"];
const overseers: Role[] = ["platform_admin", "customs_officer", "customs_hq_officer"];

export const entries: Entry[] = [
  { path: "/members", title: w.members, roles: ["enterprise_admin"], load: () => import("../account/members.tsx") },
  { path: "/admin/users", title: m.users, roles: admin, load: () => import("./subjects/users.tsx") },
  { path: "/admin/enterprises", title: m.enterprises, roles: admin, load: () => import("./subjects/enterprises.tsx") },
  { path: "/admin/cards", title: m.cards, roles: admin, load: () => import("./subjects/cards.tsx") },
  { path: "/admin/revocations", title: m.revocations, roles: admin, load: () => import("./subjects/revocations.tsx") },
  { path: "/admin/keys", title: m.keys, roles: admin, load: () => import("./subjects/keys.tsx") },
  { path: "/admin/tables", title: m.tables, roles: admin, load: () => import("./subjects/tables.tsx") },
  { path: "/admin/codes", title: m.codes, roles: admin, inner: true, load: () => import("./subjects/codes.tsx") },
  { path: "/admin/calendars", title: m.ports, roles: ["platform_admin", "customs_officer"], load: () => import("./subjects/calendars.tsx") },
  { path: "/admin/calendar-days", title: m.days, roles: ["platform_admin", "customs_officer"], inner: true, load: () => import("./subjects/calendar-days.tsx") },
  { path: "/admin/scopes", title: m.scopes, roles: ["customs_hq_officer"], load: () => import("./subjects/scopes.tsx") },
  { path: "/admin/yards", title: m.yardPolicies, roles: admin, load: () => import("./subjects/yards.tsx") },
  { path: "/admin/lanes", title: m.lanes, roles: admin, load: () => import("./subjects/lanes.tsx") },
  { path: "/admin/gate-identities", title: m.gateIdentities, roles: admin, load: () => import("./subjects/gate-identities.tsx") },
  { path: "/admin/declarations", title: m.declarations, roles: admin, load: () => import("./subjects/declarations.tsx") },
  { path: "/admin/bills", title: m.bills, roles: admin, load: () => import("./subjects/bills.tsx") },
  { path: "/admin/announcements", title: m.announcements, roles: ["platform_admin", "customs_hq_officer"], load: () => import("./subjects/announcements.tsx") },
  { path: "/admin/gates", title: m.gates, roles: overseers, load: () => import("./subjects/gates.tsx") },
  { path: "/admin/alerts", title: m.alerts, roles: overseers, load: () => import("./subjects/alerts.tsx") },
  { path: "/admin/audit", title: m.audit, roles: admin, load: () => import("./subjects/audit.tsx") },
];

export const mayOpen = (entry: Entry) => (person: Person) => entry.roles.includes(person.role);
/** What this person's menu shows. */
export const menuOf = (person: Person): Entry[] => entries.filter((entry) => !entry.inner && mayOpen(entry)(person));
