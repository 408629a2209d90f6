// Vite imports that TypeScript does not know: the URL of a file, and a style sheet.
declare module '*?url' {
  const url: string
  export default url
}
declare module '*.css' {}
