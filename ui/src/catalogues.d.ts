/** What `ui/catalogues.ts` serves. */
declare module 'virtual:catalogue/*' {
  const texts: Readonly<Record<string, string>>;
  export default texts;
}
