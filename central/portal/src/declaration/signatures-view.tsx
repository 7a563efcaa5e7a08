// 电子签名: what was signed about a record: the text as signed, card, holder, time, algorithm; each can be judged anew (PO-099).
import { CheckCircleOutlined, CloseCircleOutlined, DownloadOutlined, SafetyCertificateOutlined } from "@ant-design/icons";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { plain, type Text } from "../words/words.ts";
import type { Manual, SignatureCalls, SignedAct } from "./description.ts";
import { saveBlob } from "./save-blob.ts";
import { instant } from "./show.ts";
import { Failed, Waiting } from "./states.tsx";

const words = {
  none: ["尚无电子签名", "Nothing was signed yet"],
  act: ["签名事项", "Signed act"],
  card: ["卡号", "Card"],
  holder: ["持卡人", "Holder"],
  alg: ["签名算法", "Algorithm"],
  text: ["签名原文", "Signed text"],
  version: ["记录版本 {version}", "record version {version}"],
  others: ["同一签名还包括其他 {count} 票单证", "the same signature covers {count} other records"],
  withheld: ["签名原文含其他单证，仅签名人可见。", "The signed text names other records, and is shown to its signer only."],
  verify: ["验证签名", "Verify"],
  keep: ["下载签名证据", "Download the evidence"],
  holds: ["签名有效（{time} 验证）", "The signature holds (verified {time})"],
  fails: ["签名无效（{time} 验证）", "The signature does not hold (verified {time})"],
} satisfies Record<string, Text>;

const CHECKS: Record<string, Text> = {
  certificate: ["持卡人证书", "Certificate"],
  chain: ["签发机构", "Issuer"],
  revocation: ["吊销状态", "Revocation"],
  signature: ["签名值", "Signature"],
  statement: ["签名原文", "Signed text"],
};

/** Acts of customs, and those of the enterprise whose buttons are too short to tell them apart; the others have the names of their buttons. */
const ACTS: Record<string, Text> = {
  approve: ["审核通过", "Approve"],
  return: ["退单", "Return"],
  reject: ["不同意", "Reject"],
  hold: ["布控", "Hold"],
  lift: ["解除布控", "Lift the hold"],
  close: ["人工办结", "Close by hand"],
  accept: ["受理", "Accept for handling"],
  "confirm-cancellation": ["同意取消", "Confirm the cancellation"],
  "refuse-cancellation": ["不同意取消", "Refuse the cancellation"],
  "accept-feedback": ["反馈相符", "Accept the numbers"],
  "refuse-feedback": ["反馈不符", "Refuse the numbers"],
  "accept-explanation": ["接受说明", "Accept the explanation"],
  "refuse-explanation": ["不接受说明", "Refuse the explanation"],
  finish: ["办结", "Finish"],
  "left-port": ["口岸离场", "Left the port"],
  feedback: ["提交报关单号", "Send the declaration numbers"],
  explanation: ["提交情况说明", "Send the explanation"],
  upload: ["上传随附单据", "Upload a file"],
};

export function SignaturesView({ manual, number, version, calls }: { manual: Manual; number: string; version: number; calls: SignatureCalls }) {
  const say = useSay();
  const signatures = useQuery({ queryKey: [manual.slug, "signatures", number, version], queryFn: () => calls.list(number), retry: false });
  if (signatures.isPending) return <Waiting />;
  if (signatures.isError) return <Failed error={signatures.error} again={() => void signatures.refetch()} />;
  if (signatures.data.items.length === 0) return <p className="empty">{say(words.none)}</p>;
  return (
    <div className="signatures">
      {signatures.data.items.map((signed) => <Signed key={signed.id} manual={manual} number={number} signed={signed} calls={calls} />)}
    </div>
  );
}

function Signed({ manual, number, signed, calls }: { manual: Manual; number: string; signed: SignedAct; calls: SignatureCalls }) {
  const say = useSay();
  const verification = useMutation({ mutationFn: () => calls.verify(number, signed.id) });
  const act = ACTS[signed.action] ?? manual.submissions.find((submission) => submission.action === signed.action)?.label ?? plain(signed.action);
  const { at, actor, card_no, alg, certificate, value, statement } = signed;
  // As the centre's own program takes it.
  const keep = () => saveBlob(new Blob([JSON.stringify({ at, actor, card_no, alg, certificate, value, statement }, null, 2)], { type: "application/json" }), `signature-${number}-${signed.id}.json`);
  const facts: [Text, string][] = [
    [w.time, instant(at)],
    [words.holder, [signed.holder, signed.enterprise].filter(Boolean).join(" · ")],
    [words.card, card_no],
    [words.alg, alg],
  ];
  return (
    <section className="section" aria-label={`${say(act)} ${instant(at)}`}>
      <div className="actions">
        <h2>{say(act)} <small>{say(words.version, { version: signed.version })}</small></h2>
        <span className="grow" />
        {statement !== null && <Button size="small" icon={<DownloadOutlined />} onClick={keep}>{say(words.keep)}</Button>}
        <Button size="small" type="primary" icon={<SafetyCertificateOutlined />} loading={verification.isPending} onClick={() => verification.mutate()}>{say(words.verify)}</Button>
      </div>
      <dl className="grid">
        {facts.map(([label, text]) => (
          <div key={label[1]}>
            <dt>{say(label)}</dt>
            <dd className="digits">{text}</dd>
          </div>
        ))}
      </dl>
      {signed.others > 0 && <p>{say(words.others, { count: signed.others })}</p>}
      {statement === null ? <p>{say(words.withheld)}</p> : (
        <details>
          <summary>{say(words.text)}</summary>
          <pre className="signed-text">{statement}</pre>
        </details>
      )}
      {verification.isError && <Failed error={verification.error} again={() => verification.mutate()} />}
      {verification.data && (
        <Alert
          type={verification.data.holds ? "success" : "error"}
          showIcon
          role="status"
          title={say(verification.data.holds ? words.holds : words.fails, { time: instant(verification.data.verified_at) })}
          description={
            <ul className="plain findings">
              {verification.data.findings.map((finding) => (
                <li key={finding.what} data-holds={finding.holds}>
                  {finding.holds ? <CheckCircleOutlined aria-hidden /> : <CloseCircleOutlined aria-hidden />} <strong>{say(CHECKS[finding.what] ?? plain(finding.what))}</strong> <span className="signed-text">{say([finding.found_zh, finding.found])}</span>
                </li>
              ))}
            </ul>
          }
        />
      )}
    </section>
  );
}
