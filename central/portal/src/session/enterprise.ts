// 本企业: the register's entry of the enterprise that the person acts for; none for persons who act for none, and for keys of programs.
import { useQuery } from "@tanstack/react-query";
import { api, dataAs } from "../api/client.ts";
import type { Enterprise } from "../declaration/description.ts";
import { isDeclarant, usePerson } from "./session.tsx";

export function useEnterprise(): Enterprise | null {
  const person = usePerson();
  const asked = useQuery({
    queryKey: ["enterprise", person.username],
    queryFn: async () => (await dataAs<{ enterprise: Enterprise | null }>(api.GET("/api/v1/account"))).enterprise,
    enabled: isDeclarant(person) && person.login !== "key",
    staleTime: Infinity,
  });
  return asked.data ?? null;
}
