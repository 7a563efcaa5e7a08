// 证书吊销: certificates that count no more, one by one and by an authority's list (PO-104, PO-408).
import { api, dataAs } from "../../api/client.ts";
import { base64Of, reasonField } from "../fields.ts";
import { SubjectPage } from "../subject-page.tsx";
import { str, type Subject } from "../subject.ts";
import { m } from "../words.ts";

const revocations: Subject = {
  slug: "revocations",
  title: m.revocations,
  id: (row) => str(row.serial),
  conditions: [{ name: "serial", label: m.serial, is: "text", max: 100 }],
  columns: [
    { name: "serial", label: m.serial },
    { name: "issuer", label: m.issuer },
    { name: "revoked_at", label: m.revokedAt, as: "instant" },
    { name: "noted_at", label: m.notedAt, as: "instant" },
    { name: "reason", label: m.reason },
  ],
  list: ({ serial, page, page_size: size }) => dataAs(api.GET("/api/v1/cards/revocations", { params: { query: { serial, page: Number(page ?? 1), page_size: Number(size ?? 10) } } })),
  acts: [
    {
      name: "revoke",
      label: m.revoke,
      onList: true,
      lead: m.revokeLead,
      danger: true,
      columns: 2,
      fields: [
        { name: "certificate", label: m.certificate, kind: { is: "area", max: 8000 }, required: true, span: 2 },
        { ...reasonField, span: 2 },
      ],
      run: (values) => api.POST("/api/v1/cards/revocations", { body: { certificate: base64Of(values.certificate ?? ""), reason: values.reason } }),
    },
    {
      name: "list",
      label: m.takeList,
      onList: true,
      lead: m.takeListLead,
      columns: 2,
      fields: [{ name: "list", label: m.list, kind: { is: "area", max: 1_000_000 }, required: true, span: 2 }],
      run: (values) => api.POST("/api/v1/cards/revocation-lists", { body: { list: base64Of(values.list ?? "") } }),
    },
  ],
};

export default function Revocations() {
  return <SubjectPage subject={revocations} />;
}
