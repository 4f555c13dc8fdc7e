#compdef jeton
# Completion of jeton in zsh. It knows no verb and no option: `jeton complete-words` does.

_jeton() {
    local line word about
    local -a described
    for line in "${(@f)$(jeton complete-words -- "${(@Q)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}"; do
        word="${line%%$'\t'*}" about="${line#*$'\t'}"
        case "$word" in
            '') ;;
            :files) compset -P '--*='; _files ;;
            :users) compset -P '--*='; _users ;;
            :groups) compset -P '--*='; _groups ;;
            :commands) _command_names -e ;;
            *) described+=("${word//:/\\:}:$about") ;;
        esac
    done
    if (( $#described )); then _describe 'jeton' described; fi
}

# Found in a folder of fpath, this file is the function itself; by `source` it says whose it is.
if [[ "${funcstack[1]-}" == _jeton ]]; then _jeton "$@"; else compdef _jeton jeton; fi
