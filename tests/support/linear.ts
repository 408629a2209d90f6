// Holds that work on what a stranger sends takes time linear in its length: inputs are doubled, and CPU minima compared.

export interface Growth<Input> {
  /** Makes an input of a size: characters, as a rule. Doubling the size doubles the input. */
  input: (size: number) => Input | Promise<Input>
  run: (input: Input) => unknown
  /** The largest size: what the limits let in. Default 1 MiB. */
  to?: number
}

/** Twice the input may take this many times the CPU time. Quadratic work takes 4 times. */
const maxRatio = 2.6
/** Shorter times than this many ms say nothing: they are mostly noise. */
const minTime = 1
/** Steep below this many ms may be the garbage collector: it is measured further, where quadratic work stays steep. */
const minSteepTime = 60
const rounds = 3
const maxRounds = 30

/**
 * Throws where two doublings in a row take more than 2.6 times the time each, at the smallest such sizes: a failure is
 * quick. One alone may be the compiler or the collector; it is followed by more, beyond `to` if need be.
 */
export async function expectLinear<Input>({ input, run, to = 2 ** 20 }: Growth<Input>): Promise<void> {
  const measure = async (size: number): Promise<number> => {
    const made = await input(size)
    const start = process.cpuUsage()
    await run(made)
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1000
  }
  const steep: string[] = []
  let [small, smallTime] = [0, 0]
  for (let size = Math.min(1024, to / 4); size <= to || steep.length > 0; size *= 2) {
    let time = Number.POSITIVE_INFINITY
    for (let round = 0; round < rounds; round++) time = Math.min(time, await measure(size))
    const isSteep = () => smallTime >= minTime && time / smallTime >= maxRatio
    // The minimum of a few may still be noise; that of many, in turns, is not, nor is half a second.
    for (let round = rounds; round < maxRounds && isSteep() && time < 500; round++) {
      smallTime = Math.min(smallTime, await measure(small))
      time = Math.min(time, await measure(size))
    }
    if (isSteep()) steep.push(`${smallTime.toFixed(1)} ms for size ${small}, ${time.toFixed(1)} ms for size ${size}`)
    else steep.length = 0
    if (steep.length > 1 && time >= minSteepTime)
      throw new Error(`the time is not linear in the input: ${steep.join('; ')}`)
    ;[small, smallTime] = [size, time]
  }
}
