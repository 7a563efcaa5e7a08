// 账号登录: by name, password and captcha (PO-050, PO-054..PO-062); with a ticket the identity of another provider is linked as well (PO-067).
import { Alert, Button, Checkbox, Form, Input } from "antd";
import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { api, dataAs } from "../api/client.ts";
import { Refusal } from "../api/problem.ts";
import { w } from "../words/common.ts";
import { useSay } from "../words/language.tsx";
import { useSession } from "./session.tsx";
import { s } from "./words.ts";

const Agreements = lazy(() => import("./agreements.tsx"));

interface Captcha {
  captcha_id: string;
  image: string;
}
interface ByPassword {
  username: string;
  password: string;
  captcha: string;
  agreed: boolean;
}

interface Props {
  /** Proof of an identity that is linked to nobody yet. */
  ticket?: string;
  onEntered?: () => void;
}

export function PasswordForm({ ticket, onEntered }: Props) {
  const say = useSay();
  const { entered } = useSession();
  const [form] = Form.useForm<ByPassword>();
  const [captcha, setCaptcha] = useState<Captcha | null>(null);
  const [refused, setRefused] = useState<Refusal | null>(null);
  const [busy, setBusy] = useState(false);
  const [shown, setShown] = useState<"user" | "privacy" | null>(null);

  const draw = useCallback(() => {
    dataAs<Captcha>(api.POST("/api/v1/captchas")).then(setCaptcha, (error: unknown) => setRefused(Refusal.of(error)));
  }, []);
  useEffect(draw, [draw]);

  const enter = async (typed: ByPassword) => {
    setBusy(true);
    setRefused(null);
    const body = { username: typed.username, password: typed.password, captcha_id: captcha?.captcha_id, captcha: typed.captcha, agreements_accepted: typed.agreed, ...(ticket ? { link_ticket: ticket } : {}) };
    try {
      await api.POST("/api/v1/sessions", { body });
      await entered();
      onEntered?.();
    } catch (error) {
      const refusal = Refusal.of(error);
      setRefused(refusal);
      const places: Record<string, keyof ByPassword> = { agreements_accepted: "agreed", captcha_id: "captcha" };
      form.setFields(refusal.fields.map((fault) => ({ name: places[fault.path] ?? (fault.path as keyof ByPassword), errors: [say([fault.message, fault.message_en])] })));
      // A captcha serves one attempt.
      form.setFieldValue("captcha", "");
      draw();
      setBusy(false);
    }
  };
  const agreement = (
    <>
      {say(w.agreeBefore)}
      <Button type="link" className="in-text" onClick={() => setShown("user")}>{say(w.userAgreement)}</Button>
      {say(w.and)}
      <Button type="link" className="in-text" onClick={() => setShown("privacy")}>{say(w.privacyAgreement)}</Button>
    </>
  );
  const missing = { required: true, message: say(w.fieldRequired) };
  return (
    <>
      <Form form={form} layout="vertical" onFinish={(typed: ByPassword) => void enter(typed)} requiredMark={false} disabled={busy}>
        {refused && refused.fields.length === 0 && <Alert type="error" showIcon title={say(ticket && refused.status === 409 ? s.ticketOver : refused.text)} role="alert" />}
        <Form.Item name="username" label={say(w.username)} rules={[missing]}>
          <Input autoComplete="username" autoFocus maxLength={64} />
        </Form.Item>
        <Form.Item name="password" label={say(w.password)} rules={[missing]}>
          <Input.Password autoComplete="current-password" placeholder={say(w.passwordHint)} />
        </Form.Item>
        <Form.Item label={say(w.captcha)} required extra={say(w.captchaCase)}>
          <div className="captcha">
            <Form.Item name="captcha" rules={[missing]} noStyle>
              <Input autoComplete="off" maxLength={4} placeholder={say(w.captchaHint)} aria-label={say(w.captcha)} />
            </Form.Item>
            <button type="button" onClick={draw} aria-label={say(w.captchaNew)} title={say(w.captchaNew)}>
              {captcha && <img src={captcha.image} alt="" width={140} height={48} />}
            </button>
          </div>
        </Form.Item>
        <Form.Item name="agreed" valuePropName="checked" initialValue={false} rules={[{ validator: (_, agreed) => (agreed ? Promise.resolve() : Promise.reject(new Error(say(w.agreementRequired)))) }]}>
          <Checkbox>{agreement}</Checkbox>
        </Form.Item>
        <Button type="primary" htmlType="submit" block loading={busy}>{say(w.logIn)}</Button>
      </Form>
      {shown && (
        <Suspense>
          <Agreements which={shown} close={() => setShown(null)} />
        </Suspense>
      )}
    </>
  );
}
