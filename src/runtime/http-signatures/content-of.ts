/** Answers that have no content whatever their handler says: to HEAD, and of these statuses (RFC 9110 section 6.4.1). The digest is of what leaves. */
export const hasContent = (method: string, status: number): boolean => method !== 'HEAD' && status >= 200 && ![204, 205, 304].includes(status);
