// 常用字段: fields that several subjects ask for, and how their texts become what the API takes.
import { api, dataAs } from "../api/client.ts";
import type { Code } from "../declaration/description.ts";
import type { PlainField } from "../form/plain-form.tsx";
import { roles } from "../words/common.ts";
import { plain, type Text } from "../words/words.ts";
import { str, type Row } from "./subject.ts";
import { m } from "./words.ts";

export const listOf = (words: Record<string, Text>): { list: Code[] } => ({ list: Object.entries(words).map(([code, name]) => ({ code, name, unseen: true })) });

/** The yards with their policies and lanes. */
export const everyYard = () => dataAs<{ items: Row[] }>(api.GET("/api/v1/admin/yards"));
/** Their numbers, to choose one. */
export const yardCodes = async (): Promise<{ list: Code[] }> => ({ list: (await everyYard()).items.map((row) => ({ code: str(row.yard_id), name: plain("") })) });

export const customsOffice = { table: "customs_office" };
export const roleCodes = listOf(roles);
export const reasonField: PlainField = { name: "reason", label: m.reason, kind: { is: "area", max: 200 }, required: true };
export const mobileField: PlainField = { name: "mobile", label: m.mobile, kind: { is: "text", max: 11, lead: "code" } };
export const emailField: PlainField = { name: "email", label: m.email, kind: { is: "text", max: 100 } };
export const personNameField: PlainField = { name: "person_name", label: m.personName, kind: { is: "text", max: 50 } };

/** A certificate or a list as it was pasted: what stands between the lines of PEM, or all of it. */
export const base64Of = (text: string): string => text.replace(/-----[^-]+-----/g, "").replace(/\s+/g, "");
export const numberOr = (text: string | undefined): number | null => (text?.trim() ? Number(text) : null);
