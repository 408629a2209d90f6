// `tipfy completion <shell>`: a script made from the commands and options of the program.
import type { Command, Option } from 'commander'
import { print } from './output.ts'

export type Shell = 'bash' | 'zsh' | 'fish'

interface Entry {
  /** Its words: '' for tipfy itself, 'sessions ls'. */
  path: string
  commands: readonly { name: string; text: string }[]
  options: readonly { flag: string; text: string; choices: readonly string[]; takesValue: boolean }[]
}

function entries(command: Command, path = ''): Entry[] {
  const own: Entry = {
    path,
    commands: command.commands.map((sub) => ({ name: sub.name(), text: sub.description() })),
    options: [...command.options, command.createOption('--help', 'help for this command')].map((option: Option) => ({
      flag: option.long!,
      text: option.description,
      choices: option.argChoices ?? [],
      takesValue: option.required,
    })),
  }
  return [own, ...command.commands.flatMap((sub) => entries(sub, `${path} ${sub.name()}`.trim()))]
}

/** The paths as patterns of a shell's `case`; other words are arguments of a command. */
const known = (all: readonly Entry[]) => all.flatMap(({ path }) => (path === '' ? [] : [`"${path}"`])).join('|')

const words = ({ commands, options }: Entry) => [...commands.map((one) => one.name), ...options.map((one) => one.flag)]

function bash(all: readonly Entry[]): string {
  const cases = all.map((entry) => `    "${entry.path}") words="${words(entry).join(' ')}" ;;`)
  const choices = all.flatMap(({ options }) => options.filter((option) => option.choices.length > 0))
  const values = [...new Map(choices.map((option) => [option.flag, option])).values()].map(
    ({ flag, choices: of }) => `    ${flag}) COMPREPLY=($(compgen -W "${of.join(' ')}" -- "$cur")); return ;;`,
  )
  return `# bash completion for tipfy. In ~/.bashrc: eval "$(npx tipfy completion bash)"
_tipfy() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path="" word words=""
  case "$prev" in
${values.join('\n')}
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in ${known(all)}) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  [ "\${#COMPREPLY[@]}" -gt 0 ] || COMPREPLY=($(compgen -f -- "$cur"))
}
complete -F _tipfy tipfy`
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

function zsh(all: readonly Entry[]): string {
  const described = (name: string, text: string) => quoted(`${name.replaceAll(':', '\\:')}:${text}`)
  const cases = all.map(({ path, commands, options }) => {
    const lines = [
      ...commands.map((one) => described(one.name, one.text)),
      ...options.map((one) => described(one.flag, one.text)),
    ]
    return `    ${quoted(path)}) list=(${lines.join(' ')}) ;;`
  })
  return `#compdef tipfy
# zsh completion for tipfy. In ~/.zshrc, after compinit: eval "$(npx tipfy completion zsh)"
_tipfy() {
  local -a list
  local so_far="" word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${so_far:+$so_far }$word" in ${known(all)}) so_far="\${so_far:+$so_far }$word" ;; esac
  done
  case "$so_far" in
${cases.join('\n')}
  esac
  _describe 'tipfy' list || _files
}
compdef _tipfy tipfy`
}

function fish(all: readonly Entry[]): string {
  const lines = all.flatMap(({ path, commands, options }) => {
    const here = `-n ${quoted(`test "$(__tipfy_path)" = "${path}"`)}`
    return [
      ...commands.map((one) => `complete -c tipfy -f ${here} -a ${one.name} -d ${quoted(one.text)}`),
      ...options.map((one) => {
        const value = one.choices.length > 0 ? ` -x -a ${quoted(one.choices.join(' '))}` : one.takesValue ? ' -r' : ''
        return `complete -c tipfy ${here} -l ${one.flag.slice(2)}${value} -d ${quoted(one.text)}`
      }),
    ]
  })
  return `# fish completion for tipfy. npx tipfy completion fish > ~/.config/fish/completions/tipfy.fish
function __tipfy_path
  set -l so_far
  for word in (commandline -opc)[2..]
    contains -- (string trim -- "$so_far $word") ${known(all).replaceAll('|', ' ')}
    and set so_far (string trim -- "$so_far $word")
  end
  echo $so_far
end
${lines.join('\n')}`
}

const writers: Record<Shell, (all: readonly Entry[]) => string> = { bash, zsh, fish }

export function completionCommand(shell: Shell, program: Command): void {
  print(writers[shell](entries(program)))
}
