// 新录入: the name of a new record's working copy, until the record has a number.
export const newCopy = (kind?: string) => `new-${kind ? `${kind}-` : ""}${Date.now().toString(36)}${Math.floor(Math.random() * 1296).toString(36)}`;

/** Which kind of record the page of this copy enters. */
export const kindOf = <K extends { name: string }>(kinds: K[] | undefined, copy: string | undefined): K | undefined => kinds?.find((kind) => copy?.startsWith(`new-${kind.name}-`));

/** Where a new record of this kind is entered. */
export const newAddress = (slug: string, kind?: string) => `/${slug}/new/${newCopy(kind)}`;
