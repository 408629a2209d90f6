// Opens a data folder as a user whom permissions bind, and tells on standard output how that went.
import { closeDatastore, openDatastore } from '../../../../lib/datastore/index.ts'

/** A user without rights of its own. */
const NOBODY = 65_534

if (process.getuid!() === 0) {
  process.setgroups!([])
  process.setgid!(NOBODY)
  process.setuid!(NOBODY)
}
const told = await openDatastore({ mode: 'embedded', dataFolder: process.argv[2]! }).then(
  (datastore) => closeDatastore(datastore).then(() => 'opened'),
  ({ code, message }: { code: string; message: string }) => `${code} ${message}`,
)
process.stdout.write(told)
