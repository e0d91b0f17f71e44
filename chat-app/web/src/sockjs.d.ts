/** The build for browsers; the package's own entry expects Node's globals. */
declare module 'sockjs-client/dist/sockjs.min.js' {
  export { default } from 'sockjs-client'
}
