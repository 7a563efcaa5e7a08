// 界面设置: the person's own, from the log-in to the exit.
import { useEffect } from "react";
import { api, dataAs } from "../api/client.ts";
import { useSession } from "../session/session.tsx";
import { both, sendSettings, someoneCame, someoneLeft, unsent, type KeptSettings } from "./settings-sending.ts";
import { useSettings } from "./settings.tsx";

export function useKeptSettings() {
  const { state } = useSession();
  const { take } = useSettings();
  const username = state.kind === "open" ? state.person.username : null;
  const wasIn = state.kind === "open" || state.kind === "lapsed";
  useEffect(() => {
    if (username === null) return undefined;
    let left = false;
    someoneCame();
    void dataAs<KeptSettings>(api.GET("/api/v1/account/settings")).then((kept) => {
      if (left) return undefined;
      take(username, both(kept, unsent()));
      return sendSettings();
    }, () => undefined);
    return () => {
      left = true;
      someoneLeft(false);
    };
  }, [username, take]);
  useEffect(() => (wasIn ? () => someoneLeft(true) : undefined), [wasIn]);
  useEffect(() => {
    const hide = () => void (document.visibilityState === "hidden" && sendSettings());
    const go = () => void sendSettings();
    document.addEventListener("visibilitychange", hide);
    window.addEventListener("pagehide", go);
    return () => {
      document.removeEventListener("visibilitychange", hide);
      window.removeEventListener("pagehide", go);
    };
  }, []);
}
