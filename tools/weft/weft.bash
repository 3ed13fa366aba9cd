# Completion of the weft command for bash. What there is the command itself says, by its --help.

_weft() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[0]} word chosen='' i
    local commands options
    COMPREPLY=()
    commands=$("$command" --help 2>/dev/null | sed -n '/^usage/,/^options/s/^  \([a-z]*\) .*/\1/p')
    options=$("$command" --help 2>/dev/null | sed -n '/^options/,$s/^  \(-[-a-z]*\) .*/\1/p')
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ " ${commands//$'\n'/ } " == *" $word "* ]]; then chosen=$word && break; fi
    done
    case $previous in
    --config | --output | --models) mapfile -t COMPREPLY < <(compgen -f -- "$current") && return ;;
    --folder | --folders | --version-path) mapfile -t COMPREPLY < <(compgen -d -- "$current") && return ;;
    --lint-rules) mapfile -t COMPREPLY < <(compgen -W "$("$command" lint --rules 2>/dev/null | cut -d ' ' -f 1)" -- "$current") && return ;;
    --driver | --dialects) mapfile -t COMPREPLY < <(compgen -W 'postgresql sqlite' -- "$current") && return ;;
    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    elif [ -z "$chosen" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
    else
        case $chosen in
        upgrade | downgrade | stamp | show | merge)
            # The revisions of the folder: no database is asked.
            mapfile -t COMPREPLY < <(compgen -W "head heads base $("$command" history 2>/dev/null | cut -d ' ' -f 1)" -- "$current")
            ;;
        lint)
            mapfile -t COMPREPLY < <(compgen -W "head heads base $("$command" history 2>/dev/null | cut -d ' ' -f 1)" -- "$current")
            mapfile -O "${#COMPREPLY[@]}" -t COMPREPLY < <(compgen -f -X '!*.sql' -- "$current")
            ;;
        init) mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
        esac
    fi
}

complete -F _weft weft
