// 身份提供方: who else may say who somebody is, and the way of this tab to one of them and back (PO-053, PO-067).
// Promises: the browser keeps where the person wanted to go, in this tab only, and nothing of who they are.
import { useQuery } from "@tanstack/react-query";
import { api, dataAs } from "../api/client.ts";
import type { Text } from "../words/words.ts";

export interface Provider {
  id: string;
  name: string;
  name_en: string;
}

export function useProviders() {
  return useQuery({ queryKey: ["identity-providers"], queryFn: () => dataAs<{ items: Provider[] }>(api.GET("/api/v1/identity-providers")), staleTime: Infinity });
}

/** What this tab has set out for: to log in, or to link an identity to the account that is logged in; and where it goes on afterwards. */
export interface Trip {
  purpose: "log-in" | "link";
  provider: Text;
  back: string;
}

const KEY = "kakou.third-party";

/** Leaves for the provider; the page is left with it. */
export function setOut(trip: Trip, address: string) {
  sessionStorage.setItem(KEY, JSON.stringify(trip));
  window.location.assign(address);
}

/** The trip that this tab comes back from; none in a tab that has not set out. */
export function tripOfThisTab(): Trip | null {
  const kept = sessionStorage.getItem(KEY);
  if (kept === null) return null;
  try {
    return JSON.parse(kept) as Trip;
  } catch {
    return null;
  }
}

export const tripIsOver = () => sessionStorage.removeItem(KEY);
