"""Stories: what goes on in the seeded business beyond the usual, told by name."""

from dataclasses import dataclass, field

from local.stripe_sandbox.habits import MONTH, Habits
from local.stripe_sandbox.lifecycle import Rule
from local.stripe_sandbox.periods import DAY
from local.stripe_sandbox.state import State

_USUAL_GROWTH = 2.2


@dataclass(frozen=True, slots=True)
class Campaign:
    """Something that many do within a few weeks.

    Attributes:
        action: the agenda entry that happens to each.
        share: of the active subscriptions that are struck.
        began_days: how long before the seeded now it began; it may still be going on.
        lasts_days: within how many days it strikes.
    """

    action: str
    share: float
    began_days: int
    lasts_days: int


@dataclass(frozen=True, slots=True)
class Story:
    """One story.

    Attributes:
        habits: what customers are like.
        growth: sign-ups of the last day over those of the first one, as an exponent.
        campaign: what strikes many at once.
    """

    habits: Habits = field(default_factory=Habits)
    growth: float = _USUAL_GROWTH
    campaign: Campaign | None = None


STORIES: dict[str, Story] = {
    "steady": Story(),
    "growth": Story(
        Habits(converts=0.78, stays=48 * MONTH, keeps_plan=9 * MONTH, fails_payment=0.08),
        growth=4.0,
    ),
    "churn_wave": Story(
        Habits(stays=22 * MONTH), campaign=Campaign("leave", 0.3, began_days=40, lasts_days=55)
    ),
    "annual_upgrades": Story(campaign=Campaign("go_yearly", 0.35, began_days=45, lasts_days=60)),
    "failed_cards": Story(
        Habits(fails_payment=0.4, recovers=0.45),
        campaign=Campaign("fail_card", 0.25, began_days=35, lasts_days=45),
    ),
}


def tell(state: State, story: Story, end: int) -> dict[str, Rule]:
    """Put a story's campaign on the agenda and return the rule that begins it."""
    campaign = story.campaign
    if campaign is None:
        return {}
    state.plan(end - campaign.began_days * DAY, "begin_campaign")

    def begin(state: State, _: str, at: int) -> None:
        for sub in state.subscriptions:
            if sub.status == "active" and state.random.random() < campaign.share:
                when = at + 1 + state.random.randrange(campaign.lasts_days * DAY)
                state.plan(when, campaign.action, sub.id)

    return {"begin_campaign": begin}
