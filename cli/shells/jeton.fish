# Completion of jeton in fish. It knows no verb and no option: `jeton complete-words` does.

function __jeton_words
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    set -e typed[1]
    for line in (jeton complete-words -- $typed "$current" 2>/dev/null)
        set -l value (string replace -r -- '^--[^=]*=' '' "$current")
        set -l option (string match -r -- '^--[^=]*=' "$current")
        switch $line
            case :files
                for file in (__fish_complete_path "$value")
                    echo "$option$file"
                end
            case :users
                for user in (__fish_complete_users)
                    echo "$option$user"
                end
            case :groups
                for group in (__fish_complete_groups)
                    echo "$option$group"
                end
            case :commands
                __fish_complete_subcommand
            case '*'
                echo $line
        end
    end
end

complete -c jeton -f -a '(__jeton_words)'
