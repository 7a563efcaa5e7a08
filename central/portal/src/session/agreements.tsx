// 用户协议与隐私协议: what a person accepts at the log-in (PO-057).
import { Modal, Typography } from "antd";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import type { Text } from "../words/words.ts";

const TEXTS: Record<"user" | "privacy", Text[]> = {
  user: [
    ["本系统供进出口企业、检验机构与海关办理口岸业务使用。账号及卡介质仅限本人使用，不得转借。", "This system serves enterprises, inspection agencies and customs for business at ports. Account and card are for their holder alone."],
    ["以账号或卡介质提交的申报内容由提交人及其所属企业负责；经电子签名的申报具有法律效力。", "Whoever submits a declaration, and the enterprise behind, answers for its content; a signed declaration has legal effect."],
    ["每次登录、保存、申报与审核均留有记录，供海关及平台核查。", "Every log-in, save, declaration and decision is on record, for customs and the platform."],
  ],
  privacy: [
    ["系统保存办理业务所必需的信息：账号、所属企业、卡号、联系方式、登录时间与地址、录入及申报内容。", "The system keeps what the business needs: account, enterprise, card number, contact, times and addresses of log-ins, and what is entered and declared."],
    ["卡密码仅在您的计算机上使用，不会传送到本系统。", "The card's PIN is used on your own machine and is never sent to this system."],
    ["信息仅用于办理口岸业务与监管，不作其他用途；您可在本系统查询与更正本人信息。", "The information serves business at ports and its supervision, and nothing else; you may look at and correct your own."],
  ],
};

export default function Agreements({ which, close }: { which: "user" | "privacy"; close: () => void }) {
  const say = useSay();
  return (
    <Modal open onCancel={close} onOk={close} cancelButtonProps={{ hidden: true }} title={say(which === "user" ? w.userAgreement : w.privacyAgreement)} okText={say(w.close)}>
      {TEXTS[which].map((text) => (
        <Typography.Paragraph key={text[0]}>{say(text)}</Typography.Paragraph>
      ))}
    </Modal>
  );
}
