// Types that these packages lack, as far as the bench uses them.
declare module 'connect-memcached' {
  const connect: (session: unknown) => new (options: { hosts: (string | undefined)[] }) => object
  export default connect
}
