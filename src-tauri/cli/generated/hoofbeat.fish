# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_hoofbeat_global_optspecs
    string join \n data-dir= root= json color= h/help V/version
end

function __fish_hoofbeat_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_hoofbeat_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_hoofbeat_using_subcommand
    set -l cmd (__fish_hoofbeat_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "watch" -d 'Record, show the tray icon and send notifications, until told to stop'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "status" -d 'Show the state of everything, now'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "why" -d 'Tell why each GPU runs, now or at a past moment'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "history" -d 'Show how a metric went'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "top" -d 'Show the processes that use the most'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "usage" -d 'Show who used which GPU, and what that took'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "sessions" -d 'Show who used a GPU from when to when'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "episodes" -d 'Show when a GPU was used, by whomever'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "expect" -d 'Declare who may, must and must not use a GPU, and show what differs from it'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "alerts" -d 'Show alerts and the rules behind them, try rules out, and settle what fires'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "doctor" -d 'Look for what keeps Hoofbeat from working well, and say what helps'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "data" -d 'Show where the recording is and how large; check it, or delete history'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "config" -d 'Show, check or explain the config file'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "open" -d 'Open the window'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "autostart" -d 'Start Hoofbeat when you log in, as the tray\'s menu does'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "serve" -d 'Show the window\'s pages to a browser, on this machine or a phone'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "pause" -d 'Pause recording'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "resume" -d 'Go on recording'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "completions" -d 'Print shell completions'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "man" -d 'Print the manual page'
complete -c hoofbeat -n "__fish_hoofbeat_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand watch" -l for -d 'Stop after this long, for example 65s or 10m' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand watch" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand watch" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand watch" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand watch" -l headless -d 'Without a desktop: no tray icon, no notifications on it; `[notify.command]` and `[notify.webhook]` are told as ever'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand watch" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand watch" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand status" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand status" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand status" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand status" -s a -l all -d 'Show every source and every metric'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand status" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand status" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand why" -l at -d 'At which moment: 2h, 14:00 (the last one), "yesterday 03:12", "2026-11-20 14:00" or Unix seconds; without it, now' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand why" -l since -d 'What they did from this moment on, in sum: 8h, yesterday, "2026-11-20 14:00"' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand why" -l until -d 'Until when' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand why" -l bundle -d 'Write what the answer rests on to a new file, for a report; users become numbers' -r -F
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand why" -l from -d 'Answer from such a file, and not from a recording' -r -F
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand why" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand why" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand why" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand why" -l away -d 'What they did while you were away: since you left, or until you came back, or since the last look with why or at the window'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand why" -l with-users -d 'Keep the numbers of users in the bundle, who had a GPU open, and when nobody was there'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand why" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand why" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand history" -s s -l source -d 'Only this source: its id, its label or its name in `status --all`' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand history" -l since -d 'From when on: 24h, 30d, 14:00 (the last one), "yesterday 03:12", "2026-11-20 14:00" or Unix seconds' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand history" -l until -d 'Until when' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand history" -l points -d 'At most this many points a source; more are folded to minimum, average and maximum' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand history" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand history" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand history" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand history" -l csv -d 'Answer in CSV'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand history" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand history" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand top" -s i -l interval -d 'How long to measure; on a terminal a first table comes at once' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand top" -s s -l sort -d 'What to sort by; without it the GPU, where one is used' -r -f -a "gpu\t'Share of the GPU\'s time, and then its memory'
cpu\t'CPU time used while measuring'
memory\t'Resident memory'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand top" -s n -l number -d 'How many processes to show; 0 shows all' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand top" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand top" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand top" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand top" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand top" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand top" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand usage" -l since -d 'From when on: 24h, 30d, 14:00 (the last one), "yesterday 03:12", "2026-11-20 14:00" or Unix seconds' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand usage" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand usage" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand usage" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand usage" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand usage" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand usage" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand sessions" -s s -l source -d 'Only this GPU: its id, its label or its name in `status --all`' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand sessions" -l since -d 'From when on: 24h, 30d, 14:00 (the last one), "yesterday 03:12", "2026-11-20 14:00" or Unix seconds' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand sessions" -l until -d 'Until when' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand sessions" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand sessions" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand sessions" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand sessions" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand sessions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand sessions" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand episodes" -s s -l source -d 'Only this GPU: its id, its label or its name in `status --all`' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand episodes" -l since -d 'From when on: 24h, 30d, 14:00 (the last one), "yesterday 03:12", "2026-11-20 14:00" or Unix seconds' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand episodes" -l until -d 'Until when' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand episodes" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand episodes" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand episodes" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand episodes" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand episodes" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand episodes" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and not __fish_seen_subcommand_from list add remove check forecast habits accept forget trust-all help" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and not __fish_seen_subcommand_from list add remove check forecast habits accept forget trust-all help" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and not __fish_seen_subcommand_from list add remove check forecast habits accept forget trust-all help" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and not __fish_seen_subcommand_from list add remove check forecast habits accept forget trust-all help" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and not __fish_seen_subcommand_from list add remove check forecast habits accept forget trust-all help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and not __fish_seen_subcommand_from list add remove check forecast habits accept forget trust-all help" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and not __fish_seen_subcommand_from list add remove check forecast habits accept forget trust-all help" -f -a "list" -d 'Show what is declared'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and not __fish_seen_subcommand_from list add remove check forecast habits accept forget trust-all help" -f -a "add" -d 'Declare who may, must or must not use a GPU'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and not __fish_seen_subcommand_from list add remove check forecast habits accept forget trust-all help" -f -a "remove" -d 'Remove a declaration'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and not __fish_seen_subcommand_from list add remove check forecast habits accept forget trust-all help" -f -a "check" -d 'Show what differs from the declarations now, which of them make no sense, and whose file changed'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and not __fish_seen_subcommand_from list add remove check forecast habits accept forget trust-all help" -f -a "forecast" -d 'Show how many alerts a week the history foretells'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and not __fish_seen_subcommand_from list add remove check forecast habits accept forget trust-all help" -f -a "habits" -d 'Show who was learnt to use a GPU, and what waits for an answer'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and not __fish_seen_subcommand_from list add remove check forecast habits accept forget trust-all help" -f -a "accept" -d 'Say that what raised an alert is expected'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and not __fish_seen_subcommand_from list add remove check forecast habits accept forget trust-all help" -f -a "forget" -d 'Take back what was learnt of a program or service: it is new when it comes again'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and not __fish_seen_subcommand_from list add remove check forecast habits accept forget trust-all help" -f -a "trust-all" -d 'Say that everything seen so far is expected, and end the learning'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and not __fish_seen_subcommand_from list add remove check forecast habits accept forget trust-all help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from list" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from list" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from list" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from add" -l identity -d 'By key or name, for example docker:ollama' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from add" -l program -d 'By program, script, application or game; or by the path of its file: "/opt/*/blender"' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from add" -l unit -d 'By systemd unit' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from add" -l container -d 'By container, pod or virtual machine' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from add" -l user -d 'Only of this user, by name or number' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from add" -l gpu -d 'Only on GPUs whose id matches' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from add" -l hours -d 'Only at these local times, for example 22:00-07:00' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from add" -l share -d 'At most this much of the GPU\'s time, in percent' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from add" -l vram -d 'At most this much of the GPU\'s memory, for example 8GiB' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from add" -l grace -d 'How long one that must run may be missing, for example 5m' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from add" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from add" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from add" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from add" -l deny -d 'They must not run; without this, they may'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from add" -l must-run -d 'One of them must run'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from add" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from remove" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from remove" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from remove" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from remove" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from check" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from check" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from check" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from check" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from forecast" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from forecast" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from forecast" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from forecast" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from forecast" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from forecast" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from habits" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from habits" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from habits" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from habits" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from habits" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from habits" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from accept" -l uid -d 'Only of the user with this number' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from accept" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from accept" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from accept" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from accept" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from accept" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from accept" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from forget" -l uid -d 'Only of the user with this number' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from forget" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from forget" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from forget" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from forget" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from forget" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from forget" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from trust-all" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from trust-all" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from trust-all" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from trust-all" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from trust-all" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from trust-all" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show what is declared'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from help" -f -a "add" -d 'Declare who may, must or must not use a GPU'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove a declaration'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from help" -f -a "check" -d 'Show what differs from the declarations now, which of them make no sense, and whose file changed'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from help" -f -a "forecast" -d 'Show how many alerts a week the history foretells'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from help" -f -a "habits" -d 'Show who was learnt to use a GPU, and what waits for an answer'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from help" -f -a "accept" -d 'Say that what raised an alert is expected'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from help" -f -a "forget" -d 'Take back what was learnt of a program or service: it is new when it comes again'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from help" -f -a "trust-all" -d 'Say that everything seen so far is expected, and end the learning'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand expect; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and not __fish_seen_subcommand_from list history rules enable disable check test ack snooze unsnooze help" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and not __fish_seen_subcommand_from list history rules enable disable check test ack snooze unsnooze help" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and not __fish_seen_subcommand_from list history rules enable disable check test ack snooze unsnooze help" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and not __fish_seen_subcommand_from list history rules enable disable check test ack snooze unsnooze help" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and not __fish_seen_subcommand_from list history rules enable disable check test ack snooze unsnooze help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and not __fish_seen_subcommand_from list history rules enable disable check test ack snooze unsnooze help" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and not __fish_seen_subcommand_from list history rules enable disable check test ack snooze unsnooze help" -f -a "list" -d 'Show what is not over, worst first'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and not __fish_seen_subcommand_from list history rules enable disable check test ack snooze unsnooze help" -f -a "history" -d 'Show what fired, for how long and how far'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and not __fish_seen_subcommand_from list history rules enable disable check test ack snooze unsnooze help" -f -a "rules" -d 'Show every rule: what it watches, why, and how often it fired'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and not __fish_seen_subcommand_from list history rules enable disable check test ack snooze unsnooze help" -f -a "enable" -d 'Switch a rule on, in the config file'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and not __fish_seen_subcommand_from list history rules enable disable check test ack snooze unsnooze help" -f -a "disable" -d 'Switch a rule off, in the config file'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and not __fish_seen_subcommand_from list history rules enable disable check test ack snooze unsnooze help" -f -a "check" -d 'Replay rules over the recorded past: when they would have fired'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and not __fish_seen_subcommand_from list history rules enable disable check test ack snooze unsnooze help" -f -a "test" -d 'Show the notification of a rule as it would look'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and not __fish_seen_subcommand_from list history rules enable disable check test ack snooze unsnooze help" -f -a "ack" -d 'Say "I know": nothing more of what fires now, until it is over'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and not __fish_seen_subcommand_from list history rules enable disable check test ack snooze unsnooze help" -f -a "snooze" -d 'Say nothing of a rule\'s alerts for a while; they are recorded as ever'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and not __fish_seen_subcommand_from list history rules enable disable check test ack snooze unsnooze help" -f -a "unsnooze" -d 'Take snoozes back'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and not __fish_seen_subcommand_from list history rules enable disable check test ack snooze unsnooze help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from list" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from list" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from list" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from history" -l since -d 'From when on: 24h, 30d, 14:00 (the last one), "yesterday 03:12", "2026-11-20 14:00" or Unix seconds' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from history" -s r -l rule -d 'Only this rule, by its id' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from history" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from history" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from history" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from history" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from history" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from rules" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from rules" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from rules" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from rules" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from rules" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from rules" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from enable" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from enable" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from enable" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from enable" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from enable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from enable" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from disable" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from disable" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from disable" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from disable" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from disable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from disable" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from check" -l since -d 'From when on: 24h, 30d, 14:00 (the last one), "yesterday 03:12", "2026-11-20 14:00" or Unix seconds' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from check" -s r -l rule -d 'Only this rule, by its id, be it off or on' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from check" -l file -d 'The rules of this file, and not those that hold' -r -F
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from check" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from check" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from check" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from check" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from test" -s s -l source -d 'On this source: its id, label or name in `status --all`; without it, one that has a value' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from test" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from test" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from test" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from test" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from test" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from ack" -s s -l source -d 'Only on this source: its id, label or name in `status --all`; or a pattern, in which * is any text' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from ack" -l who -d 'Only what this program or service does, by its name or its key in `alerts --json`' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from ack" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from ack" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from ack" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from ack" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from ack" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from ack" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from snooze" -s s -l source -d 'Only on this source: its id, label or name in `status --all`; or a pattern, in which * is any text' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from snooze" -l who -d 'Only what this program or service does, by its name or its key in `alerts --json`' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from snooze" -l for -d 'For how long; what fires still is said then' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from snooze" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from snooze" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from snooze" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from snooze" -l until-clear -d 'Until what fires now is over'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from snooze" -l list -d 'Show what is snoozed'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from snooze" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from snooze" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from snooze" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from unsnooze" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from unsnooze" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from unsnooze" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from unsnooze" -l all -d 'All snoozes'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from unsnooze" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from unsnooze" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from unsnooze" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show what is not over, worst first'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "history" -d 'Show what fired, for how long and how far'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "rules" -d 'Show every rule: what it watches, why, and how often it fired'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "enable" -d 'Switch a rule on, in the config file'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "disable" -d 'Switch a rule off, in the config file'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "check" -d 'Replay rules over the recorded past: when they would have fired'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "test" -d 'Show the notification of a rule as it would look'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "ack" -d 'Say "I know": nothing more of what fires now, until it is over'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "snooze" -d 'Say nothing of a rule\'s alerts for a while; they are recorded as ever'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "unsnooze" -d 'Take snoozes back'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand doctor" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand doctor" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand doctor" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand doctor" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand doctor" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and not __fish_seen_subcommand_from check path delete help" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and not __fish_seen_subcommand_from check path delete help" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and not __fish_seen_subcommand_from check path delete help" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and not __fish_seen_subcommand_from check path delete help" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and not __fish_seen_subcommand_from check path delete help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and not __fish_seen_subcommand_from check path delete help" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and not __fish_seen_subcommand_from check path delete help" -f -a "check" -d 'Check the whole database and every checksum'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and not __fish_seen_subcommand_from check path delete help" -f -a "path" -d 'Print the folder'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and not __fish_seen_subcommand_from check path delete help" -f -a "delete" -d 'Delete history for good, as the window\'s settings do; settings and what was learnt stay'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and not __fish_seen_subcommand_from check path delete help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from check" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from check" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from check" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from check" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from path" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from path" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from path" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from path" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from path" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from delete" -l before -d 'What was recorded before the day (in UTC) of this moment: 30d, yesterday, 2026-11-20 or Unix seconds' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from delete" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from delete" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from delete" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from delete" -l all -d 'Everything'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Do not ask; needed where nobody can be asked'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from delete" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from delete" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check the whole database and every checksum'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from help" -f -a "path" -d 'Print the folder'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Delete history for good, as the window\'s settings do; settings and what was learnt stay'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand data; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and not __fish_seen_subcommand_from path check show example set help" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and not __fish_seen_subcommand_from path check show example set help" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and not __fish_seen_subcommand_from path check show example set help" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and not __fish_seen_subcommand_from path check show example set help" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and not __fish_seen_subcommand_from path check show example set help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and not __fish_seen_subcommand_from path check show example set help" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and not __fish_seen_subcommand_from path check show example set help" -f -a "path" -d 'Print where the file is'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and not __fish_seen_subcommand_from path check show example set help" -f -a "check" -d 'Check the file'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and not __fish_seen_subcommand_from path check show example set help" -f -a "show" -d 'Print the file that is in force'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and not __fish_seen_subcommand_from path check show example set help" -f -a "example" -d 'Print an example that explains every setting'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and not __fish_seen_subcommand_from path check show example set help" -f -a "set" -d 'Set one setting, and leave the rest of the file as it is'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and not __fish_seen_subcommand_from path check show example set help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from path" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from path" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from path" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from path" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from path" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from check" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from check" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from check" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from show" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from show" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from show" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from example" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from example" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from example" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from example" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from example" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from example" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from set" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from set" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from set" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from set" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from set" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "path" -d 'Print where the file is'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check the file'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Print the file that is in force'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "example" -d 'Print an example that explains every setting'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "set" -d 'Set one setting, and leave the rest of the file as it is'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand open" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand open" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand open" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand open" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand open" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand open" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and not __fish_seen_subcommand_from on off status help" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and not __fish_seen_subcommand_from on off status help" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and not __fish_seen_subcommand_from on off status help" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and not __fish_seen_subcommand_from on off status help" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and not __fish_seen_subcommand_from on off status help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and not __fish_seen_subcommand_from on off status help" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and not __fish_seen_subcommand_from on off status help" -f -a "on" -d 'Start at login from now on, recording where this command looks'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and not __fish_seen_subcommand_from on off status help" -f -a "off" -d 'Do not start at login any more'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and not __fish_seen_subcommand_from on off status help" -f -a "status" -d 'Tell whether it starts at login'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and not __fish_seen_subcommand_from on off status help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from on" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from on" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from on" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from on" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from on" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from on" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from off" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from off" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from off" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from off" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from off" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from off" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from status" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from status" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from status" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from status" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from help" -f -a "on" -d 'Start at login from now on, recording where this command looks'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from help" -f -a "off" -d 'Do not start at login any more'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from help" -f -a "status" -d 'Tell whether it starts at login'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand autostart; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand serve" -l bind -d 'Where to listen; an address that others reach needs --token-file' -r
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand serve" -l token-file -d 'A file of mode 0600 with the token that a browser has to know; without it, a new one at each start' -r -F
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand serve" -l name -d 'A name by which a browser may call this machine, beside localhost and addresses' -r -f -a "(__fish_print_hostnames)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand serve" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand serve" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand serve" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand serve" -l allow-changes -d 'Let the page pause the recorder, snooze alerts, change the config and end processes of yours'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand serve" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand serve" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand pause" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand pause" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand pause" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand pause" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand pause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand pause" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand resume" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand resume" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand resume" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand resume" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand resume" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand completions" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand completions" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand completions" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand completions" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand completions" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand man" -l data-dir -d 'Where the recording is' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand man" -l root -d 'Read DIR/proc and DIR/sys instead of /proc and /sys' -r -f -a "(__fish_complete_directories)"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand man" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand man" -l json -d 'Answer in JSON'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand man" -s V -l version -d 'Print version'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "watch" -d 'Record, show the tray icon and send notifications, until told to stop'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "status" -d 'Show the state of everything, now'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "why" -d 'Tell why each GPU runs, now or at a past moment'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "history" -d 'Show how a metric went'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "top" -d 'Show the processes that use the most'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "usage" -d 'Show who used which GPU, and what that took'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "sessions" -d 'Show who used a GPU from when to when'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "episodes" -d 'Show when a GPU was used, by whomever'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "expect" -d 'Declare who may, must and must not use a GPU, and show what differs from it'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "alerts" -d 'Show alerts and the rules behind them, try rules out, and settle what fires'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "doctor" -d 'Look for what keeps Hoofbeat from working well, and say what helps'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "data" -d 'Show where the recording is and how large; check it, or delete history'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "config" -d 'Show, check or explain the config file'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "open" -d 'Open the window'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "autostart" -d 'Start Hoofbeat when you log in, as the tray\'s menu does'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "serve" -d 'Show the window\'s pages to a browser, on this machine or a phone'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "pause" -d 'Pause recording'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "resume" -d 'Go on recording'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "completions" -d 'Print shell completions'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "man" -d 'Print the manual page'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and not __fish_seen_subcommand_from watch status why history top usage sessions episodes expect alerts doctor data config open autostart serve pause resume completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from expect" -f -a "list" -d 'Show what is declared'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from expect" -f -a "add" -d 'Declare who may, must or must not use a GPU'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from expect" -f -a "remove" -d 'Remove a declaration'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from expect" -f -a "check" -d 'Show what differs from the declarations now, which of them make no sense, and whose file changed'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from expect" -f -a "forecast" -d 'Show how many alerts a week the history foretells'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from expect" -f -a "habits" -d 'Show who was learnt to use a GPU, and what waits for an answer'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from expect" -f -a "accept" -d 'Say that what raised an alert is expected'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from expect" -f -a "forget" -d 'Take back what was learnt of a program or service: it is new when it comes again'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from expect" -f -a "trust-all" -d 'Say that everything seen so far is expected, and end the learning'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from alerts" -f -a "list" -d 'Show what is not over, worst first'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from alerts" -f -a "history" -d 'Show what fired, for how long and how far'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from alerts" -f -a "rules" -d 'Show every rule: what it watches, why, and how often it fired'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from alerts" -f -a "enable" -d 'Switch a rule on, in the config file'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from alerts" -f -a "disable" -d 'Switch a rule off, in the config file'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from alerts" -f -a "check" -d 'Replay rules over the recorded past: when they would have fired'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from alerts" -f -a "test" -d 'Show the notification of a rule as it would look'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from alerts" -f -a "ack" -d 'Say "I know": nothing more of what fires now, until it is over'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from alerts" -f -a "snooze" -d 'Say nothing of a rule\'s alerts for a while; they are recorded as ever'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from alerts" -f -a "unsnooze" -d 'Take snoozes back'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from data" -f -a "check" -d 'Check the whole database and every checksum'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from data" -f -a "path" -d 'Print the folder'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from data" -f -a "delete" -d 'Delete history for good, as the window\'s settings do; settings and what was learnt stay'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "path" -d 'Print where the file is'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "check" -d 'Check the file'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Print the file that is in force'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "example" -d 'Print an example that explains every setting'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "set" -d 'Set one setting, and leave the rest of the file as it is'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from autostart" -f -a "on" -d 'Start at login from now on, recording where this command looks'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from autostart" -f -a "off" -d 'Do not start at login any more'
complete -c hoofbeat -n "__fish_hoofbeat_using_subcommand help; and __fish_seen_subcommand_from autostart" -f -a "status" -d 'Tell whether it starts at login'
