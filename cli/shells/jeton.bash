# shellcheck shell=bash
# Completion of jeton in bash 4.3 or newer. It knows no verb and no option: `jeton complete-words` does.

_jeton() {
    local rest="${COMP_LINE:0:COMP_POINT}" blank piece cut="" breaks="" index word
    local -a words=()
    COMPREPLY=()
    # bash cuts at = : @ too; pieces without white space between them are one word of jeton's.
    for ((index = 0; index <= COMP_CWORD; index++)); do
        blank="${rest%%[![:space:]]*}"
        rest="${rest#"$blank"}"
        piece="${COMP_WORDS[index]}"
        if ((index == COMP_CWORD)); then piece="$rest"; fi
        if ((index > 0)) && [[ -z "$blank" ]]; then words[-1]+="$piece"; else words+=("$piece"); fi
        rest="${rest#"$piece"}"
    done
    local current="${words[-1]}"
    if [[ "$current" == [\"\']* ]]; then
        current="${current:1}" # between quotes bash cuts nowhere
    else
        for piece in = : @; do
            if [[ "${COMP_WORDBREAKS-}" == *"$piece"* ]]; then breaks+="$piece"; fi
        done
        if [[ -n "$breaks" ]]; then cut="${current%"${current##*["$breaks"]}"}"; fi
    fi
    while IFS=$'\t' read -r word _; do
        case "$word" in
            :files)
                compopt -o filenames 2>/dev/null
                mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "${current#--*=}")
                ;;
            :users) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -u -- "${current#--*=}") ;;
            :groups) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -g -- "${current#--*=}") ;;
            :commands) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -c -- "$current") ;;
            *) COMPREPLY+=("${word#"$cut"}") ;;
        esac
    done < <(jeton complete-words -- "${words[@]:1:${#words[@]}-2}" "$current" 2>/dev/null)
}

complete -F _jeton jeton
