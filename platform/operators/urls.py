from django.urls import path

from operators import announcements, coach, gauges, partners, support, trail, views

urlpatterns = [
    path("metrics", gauges.told, name="metrics"),
    path("operators/", views.overview, name="operators"),
    path("operators/coaches/", views.coaches, name="operators_coaches"),
    path("operators/coaches/<uuid:tenant_id>/", coach.coach, name="operators_coach"),
    path("operators/coaches/<uuid:tenant_id>/suspend", coach.suspend, name="operators_suspend"),
    path("operators/coaches/<uuid:tenant_id>/reopen", coach.reopen, name="operators_reopen"),
    path("operators/coaches/<uuid:tenant_id>/terms", coach.terms, name="operators_terms"),
    path("operators/coaches/<uuid:tenant_id>/look", coach.look, name="operators_look"),
    path("operators/looks/end", coach.end_look, name="operators_look_end"),
    path("operators/due-work/", views.work_of_all, name="operators_work"),
    path("operators/trail/", trail.trail, name="operators_trail"),
    path("operators/partners/", partners.programs, name="operators_partners"),
    path("operators/stuck/", views.stuck_things, name="operators_stuck"),
    path("operators/books/", views.books_of_all, name="operators_books"),
    path("operators/stuck/events/<uuid:event_id>/again", views.event_again, name="operators_event_again"),
    path("operators/stuck/wakeups/<uuid:wakeup_id>/again", views.wakeup_again, name="operators_wakeup_again"),
    path("operators/questions/", support.questions, name="operators_questions"),
    path("operators/questions/<uuid:request_id>/", support.question, name="operators_question"),
    path("operators/announcements/", announcements.every, name="operators_announcements"),
    path("operators/announcements/new/", announcements.write, name="operators_announcement_new"),
    path(
        "operators/announcements/<uuid:announcement_id>/",
        announcements.announcement,
        name="operators_announcement",
    ),
    path(
        "operators/announcements/<uuid:announcement_id>/change/",
        announcements.write,
        name="operators_announcement_change",
    ),
    path(
        "operators/announcements/<uuid:announcement_id>/publish",
        announcements.publish,
        name="operators_publish",
    ),
    path(
        "operators/announcements/<uuid:announcement_id>/withdraw",
        announcements.withdraw,
        name="operators_withdraw",
    ),
    path("operators/waitlist/", views.waiting_list, name="operators_waitlist"),
    path("operators/waitlist/<uuid:entry_id>/invite", views.invite, name="operators_invite"),
]
