// 回执: below the list, of one record; refresh fetches the latest, close closes (PO-230..PO-232).
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";
import type { Manual } from "./description.ts";
import { instant } from "./show.ts";
import { Failed, Waiting } from "./states.tsx";
import { StatusMark } from "./status.tsx";

const SOURCES: Record<string, Text> = { customs: w.fromCustoms, gate: w.fromGate, centre: w.fromCentre, enterprise: w.fromEnterprise, platform: ["平台", "Platform"], gateway: ["海关网关", "Customs gateway"] };

interface Props {
  manual: Manual;
  number: string;
  /** As far as this page knows the record: a newer one has newer receipts. */
  version?: number;
}

export function ReceiptsPanel({ manual, number, close }: Props & { close: () => void }) {
  const say = useSay();
  const receipts = useReceipts(manual, number);
  return (
    <section className="panel" aria-label={say(w.receipts)}>
      <div className="actions">
        <h2>{say(w.receipts)} <span className="digits">{number}</span></h2>
        <span className="grow" />
        <Button size="small" onClick={() => void receipts.refetch()}>{say(w.reload)}</Button>
        <Button size="small" onClick={close}>{say(w.close)}</Button>
      </div>
      <ReceiptsTable manual={manual} number={number} />
    </section>
  );
}

const useReceipts = (manual: Manual, number: string, version?: number) =>
  useQuery({
    queryKey: [manual.slug, "receipts", number, version],
    queryFn: async () => {
      // Before customs or a gate has said anything there is nothing to ask for, and asking would be refused (SG-146).
      const { actions } = await manual.calls.show(number);
      return actions.includes("receipts") ? (await manual.calls.receipts(number)).items : [];
    },
    retry: false,
  });

export function ReceiptsTable({ manual, number, version }: Props) {
  const say = useSay();
  const receipts = useReceipts(manual, number, version);
  if (receipts.isPending) return <Waiting />;
  if (receipts.isError) return <Failed error={receipts.error} again={() => void receipts.refetch()} />;
  if (receipts.data.length === 0) return <p className="empty">{say(w.noReceipts)}</p>;
  return (
    <div className="table-scroll low" tabIndex={0} role="region" aria-label={say(w.receipts)}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{say(w.seq)}</th>
            <th scope="col">{say(w.time)}</th>
            <th scope="col">{say(w.status)}</th>
            <th scope="col">{say(w.said)}</th>
            <th scope="col">{say(w.source)}</th>
          </tr>
        </thead>
        <tbody>
          {receipts.data.map((receipt) => (
            <tr key={receipt.seq}>
              <td>{receipt.seq}</td>
              <td className="digits">{instant(receipt.received_at)}</td>
              <td>{receipt.status_code && <StatusMark manual={manual} status={receipt.status_code} />}</td>
              <td>{receipt.text}</td>
              <td>
                {say(SOURCES[receipt.source] ?? [receipt.source, receipt.source])}
                {receipt.gate_id && <span className="digits"> {receipt.gate_id} {receipt.lane_id}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
