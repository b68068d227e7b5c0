"""`/v1/learning`: what scripts achieve, and what a site agreed to."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, BackgroundTasks, Depends, Header, Request, Response, status
from sqlalchemy import and_

from case_api.commands import COMMAND_PROBLEMS, KEY_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, Now, tag
from case_api.database import FactoryDep, ReadDb
from case_api.learning.scope import PeriodDep, at_sites
from case_api.learning.scripts import repository, runs, service
from case_api.learning.scripts.schemas import Agreement, AgreementOut, Effects, Horizon, RankingMoves, RankingOut, RunOut, StaffSpread, Uses
from case_api.library.endpoints import ShelfDep
from case_api.once import OnceDep
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import Problem, ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, require
from models.engine import transaction
from models.learning import LearningRun, RankingVersion
from models.sessions import Session

router = APIRouter(prefix="/learning", tags=["learning"], route_class=CommandRoute)

Learner = Annotated[Principal, Depends(require(Permission.LEARNING_READ))]
Own = Annotated[Principal, Depends(require(Permission.SESSION_READ_OWN))]
Manager = Annotated[Principal, Depends(require(Permission.LEARNING_MANAGE))]
MANAGES = [Depends(require(Permission.LEARNING_MANAGE))]
PERIOD = responses(ProblemCode.PERIOD_TOO_LONG)
Key = Annotated[
    str | None, Header(alias="Idempotency-Key", description="Names this command; repeated under the same key it is not done again")
]


@router.get("/effects", operation_id="listScriptEffects", responses=PERIOD)
async def list_effects(
    period: PeriodDep, principal: Learner, db: ReadDb, shelf: ShelfDep, by: Literal["script", "situation"] = "script", horizon: Horizon = 30
) -> Effects:
    """What followed each script: the customer's state, rate and loudness, against like moments without it or prompts withheld by lot.

    Nobody's work can be read from it: a figure rests on three people's conversations at least.
    """
    scope = period.of(at_sites(principal, Permission.LEARNING_READ))
    return await service.effects(db, scope, shelf.tools.library, by, horizon)


@router.get("/effects/own", operation_id="listOwnEffects", responses=PERIOD)
async def list_own_effects(
    period: PeriodDep, principal: Own, db: ReadDb, shelf: ShelfDep, by: Literal["script", "situation"] = "script", horizon: Horizon = 30
) -> Effects:
    """The same of one's own conversations. Nobody else sees it."""
    own = and_(Session.staff_id == principal.person_id, at_sites(principal, Permission.SESSION_READ_OWN))
    return await service.effects(db, period.of(own), shelf.tools.library, by, horizon, own=True)


@router.get("/uses", operation_id="listScriptUses", responses=PERIOD)
async def list_uses(period: PeriodDep, principal: Learner, db: ReadDb) -> Uses:
    """How often each script was on a phone, and what was tapped on its card; of nobody by name."""
    return await service.uses(db, period.of(at_sites(principal, Permission.LEARNING_READ)))


@router.get("/effects/spread", operation_id="getEffectSpread", responses=PERIOD)
async def get_spread(period: PeriodDep, principal: Learner, db: ReadDb, horizon: Horizon = 30) -> StaffSpread:
    """How far the effect differs between people: quartiles of five people at least, of nobody by name."""
    return await service.spread(db, period.of(at_sites(principal, Permission.LEARNING_READ)), horizon)


@router.get("/rankings", operation_id="listRankings")
async def list_rankings(principal: Learner, db: ReadDb, limit: Limit = 20, cursor: Cursor = None) -> Page[RankingOut]:
    """What was believed of each script and why, the newest beliefs first."""
    at, id_ = RankingVersion.made_at, RankingVersion.id

    def show(row: Any) -> RankingOut:
        return service.ranking_out(row.RankingVersion)

    return await newest_first(db, repository.rankings_query(), at, id_, limit=limit, cursor=cursor, show=show)


@router.post(
    "/rankings",
    operation_id="learnRanking",
    status_code=status.HTTP_201_CREATED,
    responses=responses(*COMMAND_PROBLEMS, ProblemCode.LEARNING_RUNNING) | PERIOD,
)
async def learn_ranking(
    request: Request, period: PeriodDep, principal: Manager, by: ByDep, factory: FactoryDep, once: OnceDep
) -> RankingOut:
    """Learn anew what each script achieves, from the conversations of the period at the sites one manages learning for.

    One at a time, as with `startLearning` and at night; `listLearningRuns` tells of it too.
    """
    scope, sites = period.of(at_sites(principal, Permission.LEARNING_MANAGE)), principal.sites_for(Permission.LEARNING_MANAGE)
    async with transaction(factory) as db:
        await once.look(db)
        run = await runs.begin(db, by.who, by.now, None if sites is None else sorted(sites))
    return await runs.rank(factory, request.app.state.clock, run.id, by.who, scope, once)


@router.get("/rankings/{ranking_id}/moves", operation_id="getRankingMoves", responses=responses(ProblemCode.NOT_FOUND))
async def get_moves(ranking_id: Reference, principal: Learner, db: ReadDb, shelf: ShelfDep) -> RankingMoves:
    """Which scripts stand elsewhere than in the version before, and why. Of nobody by name, and the same for every site."""
    return await service.moved(db, shelf.tools.library, ranking_id)


@router.post(
    "/runs",
    operation_id="startLearning",
    status_code=status.HTTP_202_ACCEPTED,
    responses=responses(ProblemCode.LEARNING_RUNNING, *KEY_PROBLEMS),
    dependencies=MANAGES,
)
async def start_learning(request: Request, by: ByDep, db: CommandDb, then: BackgroundTasks) -> RunOut:
    """Learn now what the night would learn: from the last 90 days at the sites whose ranking learns. One at a time.

    While no site learns: from the sites one manages learning for. Ask `getLearningRun` how far it is.
    """
    sites = await runs.sites_to_learn_from(db, by)
    run = await runs.begin(db, by.who, by.now, sites)
    then.add_task(request.app.state.learner.start, run.id, by.who, by.now, sites)  # once the run is committed and answered
    return runs.run_out(run, by.principal.display_name, by.now)


@router.get("/runs", operation_id="listLearningRuns")
async def list_runs(principal: Learner, db: ReadDb, now: Now, limit: Limit = 20, cursor: Cursor = None) -> Page[RunOut]:
    """Who learned when, the newest first."""
    at, id_ = LearningRun.started_at, LearningRun.id

    def show(row: Any) -> RunOut:
        return runs.run_out(row.LearningRun, row.display_name, now)

    return await newest_first(db, repository.runs_query(), at, id_, limit=limit, cursor=cursor, show=show)


@router.get("/runs/{run_id}", operation_id="getLearningRun", responses=responses(ProblemCode.NOT_FOUND))
async def get_run(run_id: Reference, principal: Learner, db: ReadDb, now: Now) -> RunOut:
    """How far it is, and what came of it."""
    row = (await db.execute(repository.runs_query().where(LearningRun.id == run_id))).one_or_none()
    if row is None:
        raise Problem(ProblemCode.NOT_FOUND)
    return runs.run_out(row.LearningRun, row.display_name, now)


@router.get("/sites/{site_id}", operation_id="getLearningAgreement", responses=responses(ProblemCode.NOT_FOUND))
async def get_agreement(response: Response, site_id: Reference, principal: Learner, db: ReadDb) -> AgreementOut:
    """What the site withholds and learns from."""
    return tag(response, await service.agreement(db, principal, site_id))


@router.put(
    "/sites/{site_id}",
    operation_id="changeLearningAgreement",
    dependencies=MANAGES,
    responses=responses(*COMMAND_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.RANKING_NONE),
)
async def change_agreement(
    response: Response, site_id: Reference, body: Agreement, by: ByDep, expected: IfMatch, db: CommandDb
) -> AgreementOut:
    """Set what the site withholds, how it ranks, and its day of going live. `If-Match`: the version, "0" the first time."""
    return tag(response, await service.agree(db, by, site_id, expected, body))
