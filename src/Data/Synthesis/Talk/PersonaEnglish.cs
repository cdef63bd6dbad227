using Weir.Data.Synthesis.Grammar;
using static Weir.Data.Synthesis.Grammar.Language;

namespace Weir.Data.Synthesis.Talk;

/// <summary>English small talk.</summary>
internal static class PersonaEnglish
{
    public static readonly Wordings[] Topics =
    [
        new(English, PersonaKind.Called,
            [
                "Who are you?", "What is your name?", "What are you called?", "Tell me your name.",
                "Please tell me who you are.",
                "What should I call you?", "May I know your name?", "How do people call you?", "Say your name, please.",
                "Do you have a name?", "Who am I talking to?", "Introduce yourself.", "I do not know your name.",
                "Which name do you have?", "Say who you are.", "I want to know your name.",
                "Could you please say your name?",
            ],
            ["Please say who you are.", "What name should I call you?", "Tell me what you are called."]),
        new(English, PersonaKind.Maker,
            [
                "Who made you?", "Who built you?", "Who is your maker?", "Who wrote you?", "Tell me who made you.",
                "Which people made you?", "Who created you?", "Do you know who made you?", "Which person built you?",
                "Please say who created you.", "I want to know who made you.", "Did someone make you?",
                "Tell me about your maker.",
                "Do you have a maker?", "Who built a helper like you?", "Please tell me who wrote you.",
            ],
            ["Please tell me who built you.", "Do you know your maker?", "I want to know who created you."]),
        new(English, PersonaKind.Skills,
            [
                "What can you do?", "How can you help me?", "What are you good at?", "What are your skills?",
                "What do you know how to do?", "Tell me what you can do.", "Which things can you do?",
                "What can I ask you?",
                "Can you help me?", "What work do you do?", "What is your job?", "List your skills.",
                "What kind of help do you give?", "Show me what you can do.", "Show me how you work.",
                "Which skills do you have?",
            ],
            ["Tell me your skills.", "What kind of work can you do?", "Show me how you can help."]),
        new(English, PersonaKind.Home,
            [
                "Where do you live?", "Where is your home?", "Where are you?", "What place do you live in?",
                "Which town do you live in?", "Tell me where you live.", "Where is your house?",
                "Do you live in a town?",
                "In which place are you?", "Where can I find you?", "Where do you stay?", "What is your address?",
                "Where do you sleep?", "Is your home here?", "I want to know where you are.",
                "Tell me about your home.",
            ],
            ["Tell me where your home is.", "In which town is your house?", "I want to know what place you live in."]),
        new(English, PersonaKind.Feeling,
            [
                "How are you?", "How are you today?", "How do you feel?", "Are you well?", "Are you fine?",
                "How is your day?",
                "Is everything fine with you?", "How do you feel today?", "Are you happy today?", "Do you feel good?",
                "Tell me how you feel.", "Is your day good?", "How is it going?", "Are you all right?",
                "I hope you are well.",
                "Is everything going well today?",
            ],
            ["Do you feel all right today?", "Tell me how your day is going.", "Is everything all right with you?"]),
        new(English, PersonaKind.Thanks,
            [
                "Thank you!", "Thanks!", "Many thanks.", "Thanks a lot.", "Thank you very much.", "I thank you.",
                "Thanks for your help.", "Thank you for the answer.", "That was very kind of you.",
                "You helped me a lot.",
                "That was a great help.", "Thank you so much.", "Great, thanks.", "How kind, thank you.",
                "Good answer, thanks.",
                "Your answer helped me.",
            ],
            ["Many thanks for your help.", "Thank you, that was very kind.", "Thanks so much for the answer."]),
        new(English, PersonaKind.Farewell,
            [
                "Goodbye!", "Bye!", "Bye bye.", "See you.", "See you later.", "See you tomorrow.", "I have to go now.",
                "I am leaving.", "Good night.", "Until next time.", "That is all for today, bye.",
                "I must go, goodbye.",
                "Take care.", "Time to go.", "Bye for now.", "I go home now.",
            ],
            ["See you next time.", "Goodbye for today.", "I have to go home, see you."]),
        new(English, PersonaKind.Greeting,
            [
                "Hello!", "Hi!", "Hi there!", "Hello there.", "Good morning!", "Good evening!", "Good afternoon!",
                "Hey!",
                "Hello, Brook!", "Hi, Brook.", "Greetings!", "Nice to meet you.", "Hello, is anyone there?",
                "Good day!",
                "Hey there, Brook.", "Hello and good morning!",
            ],
            ["Good morning, Brook!", "Hi, nice to meet you.", "Hello, good day!"]),
    ];
}
