"""The training plan that Anna sells by itself."""

from demo.world import Shelved

SERVE_PLAN = Shelved(
    fields={
        "name": "Eight-week serve plan",
        "summary": "Three short practices a week, to do alone with a basket of balls.",
        "description": (
            "A plan for players who want a serve that holds under pressure.\n\n"
            "- What to practise in each of eight weeks, day by day\n"
            "- How to film yourself, and what to look for\n"
            "- A page to note what went in"
        ),
        "price_minor": 4900,
        "thanks": (
            "Download the plan below and read the first page before you go on court.\n\n"
            "Write to me after **week two**: tell me how many of fifty went in."
        ),
    },
    terms=(
        "Terms for training plans",
        "This plan is made by {{coach_name}} and is for {{client_name}} alone: please do not pass it on.\n\n"
        "{{#price}}\nIt costs {{price}}, paid once.\n{{/price}}\n\n"
        "## Your body\n\nYou train on your own and at your own risk. Stop when something hurts, and ask a "
        "doctor before you begin if you are not sure.\n\n"
        "## Money back\n\nWithin 14 days the whole price is paid back, and the download ends with it.",
    ),
    files={
        "eight-week-serve-plan.txt": "EIGHT-WEEK SERVE PLAN\n\n"
        + "\n\n".join(
            f"WEEK {week}\nMonday: {20 + 5 * week} serves to the middle.\n"
            f"Wednesday: {10 + 5 * week} to the outside, every fifth one filmed.\n"
            f"Saturday: play two sets and note how many first serves went in."
            for week in range(1, 9)
        )
        + "\n",
    },
)
